// The kernel over real sockets: requests as a front end sends them, replies and outputs as it expects them.
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks.Tests.Jupyter;

public sealed class JupyterKernelTests : IDisposable
{
    readonly KernelClient _kernel;

    public JupyterKernelTests()
    {
        Assert.SkipUnless(Directory.EnumerateFiles("/usr/lib", "libzmq.so.5", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }).Any(), "libzmq5 is not installed: run environment/workbook kernel install.");
        _kernel = new KernelClient();
    }

    public void Dispose() => _kernel?.Dispose();

    static string Status(JsonObject reply) => reply["status"]!.ToString();

    [Fact]
    public void A_cell_answers_with_its_input_its_text_its_displays_and_its_value_in_order()
    {
        var (reply, outputs) = _kernel.Run("""Console.Write("out"); display(HTML("<b>shown</b>")); Console.Error.Write("err"); 6 * 7""");
        Assert.Equal(("ok", 1), (Status(reply), (int)reply["execution_count"]!));
        Assert.Equal(["execute_input", "stream", "display_data", "stream", "execute_result"], outputs.Select(o => o.Type));
        Assert.Equal("out", outputs[1].Content["text"]!.ToString());
        Assert.Equal("<b>shown</b>", outputs[2].Content["data"]!["text/html"]!.ToString());
        Assert.NotEmpty(outputs[2].Content["transient"]!["display_id"]!.ToString());
        Assert.Equal("stderr", outputs[3].Content["name"]!.ToString());
        Assert.Equal("42", outputs[4].Content["data"]!["text/plain"]!.ToString());
    }

    [Fact]
    public void An_error_names_the_cells_line_and_what_waits_behind_is_aborted()
    {
        var failing = _kernel.Execute("var before = 1;\nthrow new InvalidOperationException(\"boom\");");
        var waiting = _kernel.Execute("Console.WriteLine(\"not run\");");
        var reply = _kernel.Reply(failing);
        Assert.Equal(("error", "InvalidOperationException"), (Status(reply), reply["ename"]!.ToString()));
        Assert.Contains("line 2", reply["evalue"]!.ToString());
        Assert.All(reply["traceback"]!.AsArray(), line => Assert.DoesNotContain("AdEMAMix.Notebooks", line!.ToString()));
        Assert.Equal("aborted", Status(_kernel.Reply(waiting)));
        Assert.Equal(["execute_input", "error"], _kernel.Outputs(failing).Select(o => o.Type));
        Assert.Empty(_kernel.Outputs(waiting));
        Assert.Equal("1", _kernel.Run("before").Outputs[^1].Content["data"]!["text/plain"]!.ToString());
    }

    [Fact]
    public void A_failure_that_is_to_be_passed_over_aborts_nothing()
    {
        var failing = _kernel.Execute("throw new Exception();", new JsonObject { ["stop_on_error"] = false });
        var next = _kernel.Execute("1");
        Assert.Equal("error", Status(_kernel.Reply(failing)));
        Assert.Equal("ok", Status(_kernel.Reply(next)));
    }

    [Fact]
    public void Silent_cells_neither_count_nor_show_their_value()
    {
        var (reply, outputs) = _kernel.Run("var hidden = 3; hidden", new JsonObject { ["silent"] = true });
        Assert.Equal(0, (int)reply["execution_count"]!);
        Assert.Empty(outputs);
        (reply, outputs) = _kernel.Run("hidden", new JsonObject { ["store_history"] = false });
        Assert.Equal(0, (int)reply["execution_count"]!);
        Assert.Equal("execute_result", outputs[^1].Type);
        Assert.Equal(1, (int)_kernel.Run("hidden").Reply["execution_count"]!);
        Assert.Single(_kernel.Ask("history_request", new JsonObject { ["hist_access_type"] = "tail", ["n"] = 10, ["output"] = false, ["raw"] = true })["history"]!.AsArray());
    }

    [Fact]
    public void User_expressions_are_evaluated_one_by_one_after_the_cell()
    {
        var (reply, _) = _kernel.Run("var a = 2;", new JsonObject { ["user_expressions"] = new JsonObject { ["good"] = "a * 2", ["bad"] = "b" } });
        var results = reply["user_expressions"]!;
        Assert.Equal("4", results["good"]!["data"]!["text/plain"]!.ToString());
        Assert.Equal("error", results["bad"]!["status"]!.ToString());
        Assert.Equal("CompilationError", results["bad"]!["ename"]!.ToString());
    }

    [Fact]
    public void A_running_cell_is_heard_and_stopped_within_a_second_and_the_state_survives()
    {
        _kernel.Run("var kept = 17;");
        var id = _kernel.Execute("Console.WriteLine(\"running\"); while (true) { kept++; }");
        _kernel.Output(id, message => message.Type == "stream");
        // The control channel answers while the cell runs.
        Assert.Equal("ok", Status(_kernel.Ask("kernel_info_request", [], "control")));
        var clock = Stopwatch.StartNew();
        Assert.Equal("ok", Status(_kernel.Ask("interrupt_request", [], "control")));
        Assert.Equal("error", Status(_kernel.Reply(id)));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"{clock.Elapsed}");
        Assert.Equal("True", _kernel.Run("kept > 17").Outputs[^1].Content["data"]!["text/plain"]!.ToString(), ignoreCase: true);
    }

    [Fact]
    public void An_interrupt_of_nothing_changes_nothing()
    {
        Assert.Equal("ok", Status(_kernel.Ask("interrupt_request", [], "control")));
        Assert.Equal("ok", Status(_kernel.Run("1").Reply));
    }

    [Fact]
    public void Output_of_a_background_task_carries_the_header_of_the_cell_that_started_it()
    {
        var first = _kernel.Execute("""var go = new System.Threading.ManualResetEventSlim(); _ = Task.Run(() => { go.Wait(); Console.WriteLine("late"); });""");
        _kernel.Reply(first);
        _kernel.Outputs(first);
        _kernel.Execute("go.Set();");
        var late = _kernel.Output(first, message => message.Type == "stream");
        Assert.Equal("late\n", late.Content["text"]!.ToString());
    }

    [Fact]
    public void A_display_is_updated_in_place_and_a_cleared_output_says_so()
    {
        var (_, outputs) = _kernel.Run("var shown = display(\"a\"); ClearOutput(wait: true); shown.Update(\"b\");");
        Assert.Equal(["execute_input", "display_data", "clear_output", "update_display_data"], outputs.Select(o => o.Type));
        Assert.True((bool)outputs[2].Content["wait"]!);
        Assert.Equal(outputs[1].Content["transient"]!["display_id"]!.ToString(), outputs[3].Content["transient"]!["display_id"]!.ToString());
    }

    [Fact]
    public void A_cell_asks_the_reader()
    {
        var id = _kernel.Execute("""Console.WriteLine($"{Console.ReadLine()}, {await GetPasswordAsync("secret?")}");""");
        foreach (var (prompt, secret, answer) in new[] { ("", false, "one"), ("secret?", true, "two") })
        {
            var question = _kernel.Receive("stdin");
            Assert.Equal(("input_request", prompt, secret), (question.Type, question.Content["prompt"]!.ToString(), (bool)question.Content["password"]!));
            _kernel.Send("stdin", "input_reply", new JsonObject { ["value"] = answer });
        }
        Assert.Equal("one, two\n", _kernel.Output(id, message => message.Type == "stream").Content["text"]!.ToString());

        var (reply, _) = _kernel.Run("Console.ReadLine()", new JsonObject { ["allow_stdin"] = false });
        Assert.Contains("no input", reply["evalue"]!.ToString());
    }

    [Fact]
    public void A_cell_that_waits_for_its_reader_can_be_stopped()
    {
        var id = _kernel.Execute("Console.ReadLine()");
        Assert.Equal("input_request", _kernel.Receive("stdin").Type);
        _kernel.Ask("interrupt_request", [], "control");
        Assert.Equal("error", Status(_kernel.Reply(id)));
    }

    [Fact]
    public void Completion_and_inspection_count_characters_as_Jupyter_does()
    {
        const string code = "var s = \"😀😀\"; s.Subst";
        var reply = _kernel.Ask("complete_request", new JsonObject { ["code"] = code, ["cursor_pos"] = code.EnumerateRunes().Count() });
        Assert.Equal(["Substring"], reply["matches"]!.AsArray().Select(match => match!.ToString()));
        Assert.Equal(("Subst", code.EnumerateRunes().Count()), (string.Concat(code.EnumerateRunes().Skip((int)reply["cursor_start"]!)), (int)reply["cursor_end"]!));
        reply = _kernel.Ask("inspect_request", new JsonObject { ["code"] = "/* 😀 */ Console.WriteLine", ["cursor_pos"] = 20, ["detail_level"] = 0 });
        Assert.True((bool)reply["found"]!);
        Assert.Contains("WriteLine", reply["data"]!["text/plain"]!.ToString());
        Assert.False((bool)_kernel.Ask("inspect_request", new JsonObject { ["code"] = "", ["cursor_pos"] = 0 })["found"]!);
        Assert.Equal("incomplete", Status(_kernel.Ask("is_complete_request", new JsonObject { ["code"] = "if (true) {" })));
    }

    [Fact]
    public void Comms_have_no_targets_here_and_an_opened_one_is_closed()
    {
        Assert.Empty(_kernel.Ask("comm_info_request", [])["comms"]!.AsObject());
        var id = _kernel.Send("shell", "comm_open", new JsonObject { ["comm_id"] = "c", ["target_name"] = "jupyter.widget", ["data"] = new JsonObject() });
        var closed = Assert.Single(_kernel.Outputs(id));
        Assert.Equal(("comm_close", "c"), (closed.Type, closed.Content["comm_id"]!.ToString()));
        Assert.Empty(_kernel.Outputs(_kernel.Send("shell", "comm_msg", new JsonObject { ["comm_id"] = "c", ["data"] = new JsonObject() })));
    }

    [Fact]
    public void Debugging_is_refused_in_the_debuggers_own_terms()
    {
        var reply = _kernel.Ask("debug_request", new JsonObject { ["type"] = "request", ["seq"] = 3, ["command"] = "initialize" }, "control");
        Assert.Equal((false, 3, "initialize"), ((bool)reply["success"]!, (int)reply["request_seq"]!, reply["command"]!.ToString()));
    }

    [Theory]
    [InlineData("shell", false)]
    [InlineData("control", true)]
    public async Task A_shutdown_is_answered_and_the_kernel_ends_even_while_a_cell_runs(string channel, bool restart)
    {
        if (channel == "control") _kernel.Output(_kernel.Execute("Console.WriteLine(1); await Task.Delay(-1, KernelInvocationContext.Current.CancellationToken);".Replace("KernelInvocationContext", "Microsoft.DotNet.Interactive.KernelInvocationContext", StringComparison.Ordinal)), message => message.Type == "stream");
        Assert.Equal(restart, (bool)_kernel.Ask("shutdown_request", new JsonObject { ["restart"] = restart }, channel)["restart"]!);
        await _kernel.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void The_heartbeat_echoes_also_while_a_cell_runs()
    {
        var id = _kernel.Execute("Console.WriteLine(1); System.Threading.Thread.Sleep(300);");
        _kernel.Output(id, message => message.Type == "stream");
        _kernel.SendFrames("heartbeat", ["ping"u8.ToArray()]);
        Assert.Equal("ping"u8, Assert.Single(_kernel.TryReceiveFrames("heartbeat", TimeSpan.FromSeconds(20))!));
        _kernel.Reply(id);
    }

    [Fact]
    public void What_is_no_message_is_dropped_with_a_line_each_and_the_kernel_lives()
    {
        var good = KernelClient.Request("x", "kernel_info_request", []);
        List<byte[]> Changed(Action<List<byte[]>> change)
        {
            var frames = KernelClient.Request($"changed {Guid.NewGuid()}", "kernel_info_request", []);
            change(frames);
            return frames;
        }
        List<byte[]>[] bad =
        [
            Changed(frames => frames[1] = Encoding.ASCII.GetBytes(new string('0', 64))),
            Changed(frames => frames.RemoveAt(frames.Count - 1)),
            Changed(frames => frames[0] = "<NO|DELIMITER>"u8.ToArray()),
            Changed(frames => frames[5] = [0xff, 0xfe]),
            [[]],
            KernelClient.Request("y", "conquer_request", []),
            KernelClient.Request("z", "input_reply", []),
            good,
            good,
            Changed(frames => frames.Add(new byte[65 << 20])),
        ];
        foreach (var frames in bad) _kernel.SendFrames("shell", frames);
        _kernel.SendFrames("stdin", KernelClient.Request("w", "input_reply", []));
        Assert.Equal("5.3", _kernel.Reply("x")["protocol_version"]!.ToString());
        Assert.Equal("ok", Status(_kernel.Run("1").Reply));
        Assert.Equal(bad.Length - 1, _kernel.Log.Length);
        Assert.All(_kernel.Log, line => Assert.StartsWith("dropped a message on shell: ", line));
        Assert.Contains(_kernel.Log, line => line.Contains("conquer_request", StringComparison.Ordinal));
        Assert.Contains(_kernel.Log, line => line.Contains("before", StringComparison.Ordinal));
        Assert.Contains(_kernel.Log, line => line.Contains("larger", StringComparison.Ordinal));
    }

    [Fact]
    public void A_request_with_wrong_fields_gets_an_error_for_its_reply()
    {
        foreach (var (type, content) in new[]
        {
            ("execute_request", """{"code": 5}"""), ("execute_request", "{}"), ("execute_request", """{"code": "1", "user_expressions": []}"""), ("complete_request", """{"code": "a", "cursor_pos": "x"}"""),
            ("inspect_request", "{}"), ("is_complete_request", """{"code": null}"""), ("history_request", """{"hist_access_type": "everything"}"""),
        })
            Assert.Equal("error", Status(_kernel.Ask(type, JsonNode.Parse(content)!.AsObject())));
        Assert.Equal("ok", Status(_kernel.Ask("complete_request", new JsonObject { ["code"] = "Console.", ["cursor_pos"] = -5 })));
        Assert.Equal("ok", Status(_kernel.Ask("complete_request", new JsonObject { ["code"] = "Console.", ["cursor_pos"] = 5_000_000 })));
    }

    [Fact]
    public void Five_thousand_random_messages_leave_the_kernel_as_it_was()
    {
        var random = new Random(20260102);
        _kernel.Run("var kept = 5;");
        for (var i = 0; i < 5000; i++)
        {
            var frames = random.Next(3) == 0 ? [] : KernelClient.Request($"random {i}", "kernel_info_request", []);
            for (var extra = random.Next(4); extra > 0 || frames.Count == 0; extra--)
            {
                var noise = new byte[random.Next(200)];
                random.NextBytes(noise);
                frames.Insert(random.Next(Math.Min(frames.Count, 6) + 1), noise);
            }
            if (random.Next(2) == 0) frames.RemoveAt(random.Next(frames.Count));
            if (frames.Count > 0) _kernel.SendFrames(random.Next(2) == 0 ? "shell" : "control", frames);
        }
        Assert.Equal("5", _kernel.Run("kept").Outputs[^1].Content["data"]!["text/plain"]!.ToString());
        Assert.NotEmpty(_kernel.Log);
    }

    [Fact]
    public void Sockets_may_be_files_in_place_of_ports()
    {
        using var kernel = new KernelClient("ipc");
        Assert.Equal("3", kernel.Run("1 + 2").Outputs[^1].Content["data"]!["text/plain"]!.ToString());
    }
}
