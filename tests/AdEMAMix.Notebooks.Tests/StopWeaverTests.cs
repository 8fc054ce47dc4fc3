// Checks are woven into whatever loops or calls, the result compiles and means the same, and positions stay the reader's.
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace AdEMAMix.Notebooks.Tests;

public sealed partial class StopWeaverTests
{
    static string Weave(string code)
    {
        var tree = CSharpSyntaxTree.ParseText(code, CellDirectives.ParseOptions);
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal)).Select(p => Microsoft.CodeAnalysis.MetadataReference.CreateFromFile(p));
        var compilation = CSharpCompilation.CreateScriptCompilation("a", tree, references, new CSharpCompilationOptions(Microsoft.CodeAnalysis.OutputKind.DynamicallyLinkedLibrary, usings: ["System", "System.Linq", "System.Linq.Expressions", "System.Collections.Generic", "System.Threading.Tasks"]));
        return WovenEdits.Apply(SourceText.From(code), StopWeaver.Find(compilation, tree, TestContext.Current.CancellationToken)).ToString().Replace("global::AdEMAMix.Notebooks.CellStop.", "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 + 1", "1 + 1")]
    [InlineData("while (a) { b(); }", "while (a) {Check(); b(); }")]
    [InlineData("for (;;) for (;;) f();", "for (;;) {Check();for (;;) {Check();f();}}")]
    [InlineData("do x++; while (true);", "do {Check();x++;} while (true);")]
    [InlineData("a: goto a;", "a: {Check();goto a;}")]
    [InlineData("int F(int n) => n;", "int F(int n) {Check(); return n;}")]
    [InlineData("void F() => G();", "void F() {Check(); G();}")]
    [InlineData("async Task F() => await G();", "async Task F() {Check(); await G();}")]
    [InlineData("int F() => throw new Exception();", "int F() => throw new Exception();")]
    [InlineData("Func<int, int> f = x => x;", "Func<int, int> f = x => {Check();return x;};")]
    [InlineData("Action<int> f = x => Console.Write(x);", "Action<int> f = x => {Check();Console.Write(x);};")]
    [InlineData("Action f = () => { };", "Action f = () => {Check(); };")]
    [InlineData("Action f = delegate { };", "Action f = delegate {Check(); };")]
    [InlineData("Func<int, Func<int>> f = x => () => x;", "Func<int, Func<int>> f = x => {Check();return () => {Check();return x;};};")]
    [InlineData("Func<Task> f = async () => await Task.Yield();", "Func<Task> f = async () => {Check();await Task.Yield();};")]
    [InlineData("Expression<Func<int, int>> f = x => x + 1;", "Expression<Func<int, int>> f = x => x + 1;")]
    [InlineData("class A { ~A() { while (true) { } } static A() { for (;;) { } } int P => 1; }", "class A { ~A() { while (true) { } } static A() { for (;;) {Check(); } } int P => 1; }")]
    [InlineData("var q = from x in new[] { 1 } select x;", "var q = from x in Each(new[] { 1 }) select x;")]
    [InlineData("var q = from x in new[] { 1 }.AsQueryable() select x;", "var q = from x in new[] { 1 }.AsQueryable() select x;")]
    [InlineData("var s = \"while (true) { }\"; // for (;;) { }", "var s = \"while (true) { }\"; // for (;;) { }")]
    public void Checks_stand_where_code_can_run_on(string code, string woven) => Assert.Equal(woven, Weave(code));

    // Each sample is a cell of its own that gives true.
    public static TheoryData<string> Samples => new(Separator().Split("""
        var n = 0; foreach (var (a, b) in new[] { (1, 2), (3, 4) }) n += a * b; return n == 14;
        ----
        System.Linq.Expressions.Expression<Func<int, Func<int, int>>> e = x => y => x + y; e.Compile()(1)(2) == 3
        ----
        new[] { 1, 2, 3 }.AsQueryable().Where(x => x > 1).Select(x => new { x, Square = x * x }).Sum(r => r.Square) == 13
        ----
        IEnumerable<int> Numbers() { for (var i = 0; i < 3; i++) yield return i; }
        async IAsyncEnumerable<int> Later() { foreach (var i in Numbers()) { await Task.Yield(); yield return i; } }
        var sum = 0; await foreach (var i in Later()) sum += i; sum == 3
        ----
        static int Twice(int x) => 2 * x; Func<int, int> f = static x => Twice(x); f(2) == 4
        ----
        int[] numbers = [1, 2, 3]; ref int At(int i) => ref numbers[i]; At(1) = 7; ref readonly int Read(int i) { return ref numbers[i]; } numbers[1] + Read(0) == 8
        ----
        class Grid { int[] cells = new int[4]; public ref int this[int i] => ref cells[i]; public ref int First() => ref cells[0]; } var g = new Grid(); g.First() = 3; g[0] == 3
        ----
        delegate ref int Pick(int[] a); Pick pick = (int[] a) => ref a[1]; var data = new[] { 1, 2 }; pick(data) = 5; data[1] == 5
        ----
        unsafe int Sum(int[] a) { var s = 0; fixed (int* p = a) for (var i = 0; i < a.Length; i++) s += p[i]; return s; } Sum([1, 2, 3]) == 6
        ----
        const int Size = 2 + 3; int Fill() { Span<int> s = stackalloc int[Size]; foreach (ref var x in s) x = 1; return s.ToArray().Sum(); } Fill() == Size
        ----
        Task<int> F() => Task.Run(() => 1); async Task G() => await F(); async ValueTask H() => await G(); async Task<int> I() => await F(); await H(); await I() == 1
        ----
        var list = new List<int>(); var set = new HashSet<int>(); new List<int> { 1, 1, 2 }.ForEach(x => set.Add(x)); Action<int> add = list.Add; new[] { 1 }.ToList().ForEach(x => list.Add(x)); set.Count + list.Count == 3
        ----
        var hits = 0; Parallel.For(0, 10, i => System.Threading.Interlocked.Increment(ref hits)); Parallel.ForEach(new[] { 1, 2 }, (x, state) => System.Threading.Interlocked.Add(ref hits, x)); hits == 13
        ----
        Action a = () => throw new InvalidOperationException(); Func<int> b = () => throw new Exception(); try { a(); } catch (InvalidOperationException) { } b != null
        ----
        var f = (int x, int y = 2) => x + y; var g = (params int[] xs) => xs.Length; Func<object> d = () => default; f(1) + g(1, 2) == 5 && d() is null
        ----
        var q = from x in Enumerable.Range(0, 5) where x % 2 == 0 let y = x * x from z in new[] { y, -y } join w in new List<int> { 0, 4, 16 } on z equals w orderby z descending group z by z > 5 into g select new { g.Key, N = g.Count() }; q.Count() == 2
        ----
        var q = from int x in new System.Collections.ArrayList { 1, 2 } select x; var p = from x in new[] { 3, 4 }.AsParallel().AsOrdered() select x + 1; q.Sum() + p.Sum() == 12
        ----
        var names = from c in "abc" from d in new Dictionary<int, string> { [1] = "x" } select $"{c}{d.Value}"; string.Join(",", names) == "ax,bx,cx"
        ----
        record Point(double X, double Y) { public static Point operator +(Point a, Point b) => new(a.X + b.X, a.Y + b.Y); public static implicit operator double(Point p) => p.X; public double Norm() { var s = 0.0; foreach (var v in new[] { X, Y }) s += v * v; return Math.Sqrt(s); } }
        Point p = new Point(1, 1) + new Point(2, 3); p.Norm() == 5 && p == 3.0
        ----
        readonly struct Half { readonly int n; public Half(int n) => this.n = n / 2; public int Value => n; public int Get() { return n; } } new Half(8).Value + new Half(4).Get() == 6
        ----
        struct S { public int A, B; public S(int a) { A = a; B = 0; } } new S(2).A == 2
        ----
        abstract class Shape { public abstract double Area(); public virtual int Sides() => 0; } class Square(double a) : Shape { public override double Area() => a * a; public override int Sides() => base.Sides() + 4; } new Square(2).Area() + new Square(1).Sides() == 8
        ----
        interface IGreet { string Name => "x"; string Greet() => "hi " + Name; static abstract int Count(); } class Me : IGreet { public static int Count() => 1; } ((IGreet)new Me()).Greet() == "hi x"
        ----
        T Max<T>(IEnumerable<T> xs) where T : IComparable<T> { var best = xs.First(); foreach (var x in xs) if (x.CompareTo(best) > 0) best = x; return best; } Max(new[] { 1, 3, 2 }) == 3
        ----
        switch (1) { case 1: goto case 2; case 2: goto default; default: break; } var i = 0; next: if (i++ < 3) goto next; i == 4
        ----
        var x = 0; while (true) { if (x > 3) break; else if (x == 1) { x += 2; continue; } x++; } do { x--; } while (x > 0); for (int a = 0, b = 5; a < b; a++, b--) x++; x == 3
        ----
        string Describe(object o) => o switch { int n when n > 0 => "positive", int => "int", string { Length: > 2 } s => s, _ => "other" }; Describe(3) + Describe("abc") == "positiveabc"
        ----
        Func<int, Func<int, Func<int, int>>> curry = a => b => c => a + b + c; curry(1)(2)(3) == 6
        ----
        EventHandler handler = (_, _) => { }; event EventHandler Fired; class Source { public event EventHandler Done { add { foreach (var d in value.GetInvocationList()) { } } remove { } } } new Source().Done += handler; true
        ----
        lock (new object()) foreach (var i in new[] { 1 }) using (var s = new System.IO.MemoryStream()) while (s.Length < 1) s.WriteByte(1); true
        ----
        #nullable enable
        string? Maybe(bool b) => b ? "x" : null; Maybe(false)?.Length is null
        ----
        #if DEBUG
        bool F() { while (true) { } }
        #else
        bool F() => // a comment
            true // another
            ;
        #endif
        F()
        ----
        Lazy<int> lazy = new(() => 5); var memo = new Dictionary<int, long>(); long Fib(int n) => n < 2 ? n : memo.TryGetValue(n, out var known) ? known : memo[n] = Fib(n - 1) + Fib(n - 2); Fib(50) == 12586269025 && lazy.Value == 5
        ----
        int Count(Func<int> f) => 1; int Count(Action f) => 2; int Calls() => 0; void Nothing() { } Count(() => Calls()) * 10 + Count(() => Nothing()) == 12
        ----
        int Count(Func<Task> f) => 1; int Count(Func<Task<int>> f) => 2; Count(async () => await Task.Yield()) * 10 + Count(async () => await Task.FromResult(1)) == 12
        ----
        string Text(System.Linq.Expressions.Expression<Func<int, bool>> e) => e.ToString(); int Pick(Func<int, bool> f) => 1; Text(v => v > 0) == "v => (v > 0)" && Pick(v => v > 0) == 1
        ----
        var squares = new int[5].Select((_, i) => i * i).Aggregate((a, b) => a + b); var text = string.Concat(Enumerable.Repeat("a", 3).Select(s => s.ToUpper())); squares == 30 && text == "AAA"
        ----
        dynamic d = 3; Func<dynamic, dynamic> f = v => v + 1; (int)f(d) == 4
        ----
        [System.Runtime.InteropServices.UnmanagedCallersOnly] static int Native(int x) { for (var i = 0; i < 3; i++) x++; return x; } unsafe { delegate* unmanaged<int, int> f = &Native; return f(1) == 4; }
        ----
        checked { var s = 0; for (byte b = 0; b < 250; b++) s += b; return s == 31125; }
        ----
        IEnumerable<T> Walk<T>(T root, Func<T, IEnumerable<T>> next) { yield return root; foreach (var c in next(root)) foreach (var x in Walk(c, next)) yield return x; } Walk(1, n => n < 4 ? new[] { 2 * n, 2 * n + 1 } : []).Count() == 7
        """).Select(sample => sample.Trim()));

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_woven_cell_compiles_and_means_the_same(string code)
    {
        var part = new ScriptCompiler(Path.GetTempPath()).Compile(code, "cell 1", TestContext.Current.CancellationToken);
        Assert.True(part.IsStoppable, "the cell compiles only without checks");
        var outputs = new List<CellOutput>();
        var result = await new CSharpSession(Path.GetTempPath()).ExecuteAsync(code, "cell 1", outputs.Add, TestContext.Current.CancellationToken);
        Assert.True(result.Succeeded, string.Join('\n', result.Error?.Traceback ?? []));
        Assert.Equal("true", outputs.OfType<ResultOutput>().Single().Data["text/plain"]);
    }

    [Fact]
    public async Task Frames_and_diagnostics_keep_the_positions_of_the_readers_text()
    {
        var session = new CSharpSession(Path.GetTempPath());
        var thrown = await session.ExecuteAsync("int Fail(int n) => n / (n - n);\nfor (var i = 0; i < 3; i++) foreach (var x in new[] { 1 }) Console.Write(new[] { 2 }.Select(v => Fail(v)).First());", "cell 1", _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(
            [
                "DivideByZeroException: Attempted to divide by zero.",
                "   at Fail(int n) in cell 1, line 1, column 20", "      int Fail(int n) => n / (n - n);",
                "   at a lambda in cell 1, line 2, column 98", "      for (var i = 0; i < 3; i++) foreach (var x in new[] { 1 }) Console.Write(new[] { 2 }.Select(v => Fail(v)).First());",
                "   at cell 1, line 2, column 60", "      for (var i = 0; i < 3; i++) foreach (var x in new[] { 1 }) Console.Write(new[] { 2 }.Select(v => Fail(v)).First());",
            ], thrown.Error!.Traceback.Where(line => !line.Contains("System.Linq", StringComparison.Ordinal)));
        var error = await session.ExecuteAsync("while (true) { var f = () => missing; }", "cell 2", _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal("cell 2, line 1, column 30: CS0103: The name 'missing' does not exist in the current context", error.Error!.Value);
    }

    [GeneratedRegex("^----$", RegexOptions.Multiline)]
    private static partial Regex Separator();
}
