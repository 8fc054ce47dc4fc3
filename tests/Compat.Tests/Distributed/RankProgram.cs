// What one rank does in the tests of process groups: "--rank SCENARIO", its place in the launcher's variables.

using System.Globalization;
using static TorchSharp.distributed;
using static TorchSharp.torch;

namespace Compat.Tests.Distributed;

static class RankProgram
{
    public const int Failed = 3;

    static TimeSpan Timeout => TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("TEST_TIMEOUT") ?? "60", CultureInfo.InvariantCulture));

    public static int Run(string scenario)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        set_num_threads(1);
        try
        {
            init_process_group(timeout: Timeout);
            Say("formed", get_rank(), get_world_size());
            switch (scenario)
            {
                case "values": Values(); InFlight(); break;
                case "forever": Forever(); break;
                case "again": Counted(); Again(); break;
                case "leave": if (get_rank() == Victim) { Step(); } else { Step(); Step(); } break;
                case "vanish": return 0;
                case "shapes": Shapes(); break;
                default: throw new ArgumentException(scenario);
            }
            destroy_process_group();
            return 0;
        }
        catch (DistError e)
        {
            Say("ranks", e.Ranks.ToArray());
            Console.Error.WriteLine(e.Message);
            destroy_process_group();
            return Failed;
        }
    }

    static int Victim => int.Parse(Environment.GetEnvironmentVariable("TEST_VICTIM") ?? "-1", CultureInfo.InvariantCulture);

    static void Say(string name, params int[] values) => Console.WriteLine($"{name}: {string.Join(' ', values)}");

    static void Say(string name, Tensor tensor)
    {
        using var doubles = tensor.to_type(ScalarType.Float64).cpu().flatten();
        Console.WriteLine($"{name}: {string.Join(' ', doubles.data<double>().ToArray().Select(value => value.ToString("R", CultureInfo.InvariantCulture)))}");
    }

    static Tensor Own(ScalarType type) => tensor([1f + get_rank(), 2f + get_rank(), 3f * (get_rank() + 1)]).to_type(type);

    static void Values()
    {
        foreach (var type in new[] { float32, float64, float16, int64, int32, uint8, int8 })
        {
            foreach (var op in Enum.GetValues<ReduceOp>())
            {
                using var t = Own(type);
                if (op == ReduceOp.AVG && !is_floating_point(type)) continue;
                all_reduce(t, op);
                Say($"{op} {type}", t);
            }
        }
        foreach (var type in new[] { float32, int64, bfloat16, @bool })
        {
            for (var source = 0; source < get_world_size(); source++)
            {
                using var t = Own(type);
                broadcast(t, source);
                Say($"broadcast {source} {type}", t);
            }
            using var own = Own(type).reshape(1, 3);
            using var whole = zeros(get_world_size(), 3, type);
            all_gather_into_tensor(whole, own);
            Say($"gather {type}", whole);
            var list = Enumerable.Range(0, get_world_size()).Select(_ => zeros(1, 3, type)).ToArray();
            all_gather(list, own);
            using var joined = cat(list, 0);
            Say($"list {type}", joined);
        }
        // A parameter, and a part of a larger tensor whose rest must stay.
        var parameter = new TorchSharp.Modules.Parameter(ones(2) * (get_rank() + 1));
        all_reduce(parameter);
        Say("parameter", parameter.detach());
        using var large = zeros(6);
        using (var part = large.narrow(0, 2, 2))
        {
            part.fill_(1);
            all_reduce(part);
        }
        Say("part", large);
        // In place: each rank's part lies where the whole is gathered.
        using var chunks = full(2L * get_world_size(), -1f);
        using (var mine = chunks.narrow(0, 2L * get_rank(), 2))
        {
            mine.fill_(get_rank());
            all_gather_into_tensor(chunks, mine);
        }
        Say("in place", chunks);
        barrier();
    }

    static void InFlight()
    {
        const int Buckets = 20, Count = 5000;
        var buckets = Enumerable.Range(0, Buckets).Select(i => full(Count, (float)(i + get_rank()))).ToArray();
        var works = buckets.Select(bucket => all_reduce(bucket, ReduceOp.AVG, async_op: true)!).ToArray();
        for (var i = Buckets - 1; i >= 0; i--)
        {
            works[i].wait();
            works[i].wait();
            if (!works[i].is_completed()) throw new InvalidOperationException("waited for and not complete");
        }
        Say("means", stack(buckets.Select(bucket => bucket.mean()).ToArray()));
        Say("spread", (buckets[3].max() - buckets[3].min()).unsqueeze(0));
        // One that nobody waits for.
        all_reduce(buckets[0], async_op: true);
    }

    static void Step()
    {
        using var t = ones(1000);
        all_reduce(t);
    }

    static void Forever()
    {
        for (var i = 0; ; i++)
        {
            Step();
            if (i == 3) Say("running");
        }
    }

    static void Again()
    {
        Step();
        destroy_process_group();
        init_process_group(timeout: Timeout);
        Step();
        Say("again", get_rank());
    }

    static void Counted()
    {
        using var t = ones(1_000_000);
        var before = bytes_sent();
        all_reduce(t);
        barrier();
        var counted = get_traffic();
        Say("payload", (int)counted["all_reduce"].PayloadBytes, (int)counted["all_reduce"].Calls, (int)counted["barrier"].Calls);
        Say("sent", (int)(bytes_sent() - before ?? -1));
        if (counted["all_reduce"].Transfer <= TimeSpan.Zero || counted["all_reduce"].Waited <= TimeSpan.Zero) throw new InvalidOperationException("no time was counted");
        reset_traffic();
        Say("kinds", get_traffic().Count);
    }

    static void Shapes()
    {
        using var t = ones(6).reshape(2, 3);
        Refused(() => all_reduce(t.t()));
        Refused(() => all_reduce(ones(2, int64), ReduceOp.AVG));
        Refused(() => broadcast(t, 1));
        Refused(() => all_gather([t, t], t));
        Refused(() => all_gather([ones(3)], t));
        Refused(() => all_gather_into_tensor(ones(5), t));
        Refused(() => all_reduce(zeros(0)));
        Refused(() => all_reduce(ones(2, @bool)));
        Refused(() => init_process_group());

        static void Refused(Action action)
        {
            try
            {
                action();
                Console.WriteLine("refused: nothing");
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or DistError)
            {
                Console.WriteLine($"refused: {e.Message}");
            }
        }
    }
}
