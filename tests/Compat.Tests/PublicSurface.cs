using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Compat.Tests;

/// <summary>The mirrors offer nothing that the real packages do not: what compiles against them compiles against those.</summary>
public sealed class PublicSurface
{
    [Theory]
    [InlineData("TorchSharp")]
    [InlineData("Plotly.NET")]
    [InlineData("Microsoft.Data.Analysis")]
    public void Has_only_members_of_the_real_package(string package)
    {
        Assert.SkipUnless(File.Exists(Path.Combine(AppContext.BaseDirectory, $"Compat.{package}.dll")), $"built with the real {package}");
        var listed = ApiList.Read(Path.Combine(Folder(), "..", "..", "lib", "Compat", package, "api.txt"));
        var offered = ApiSignatures.Of(Assembly.Load($"Compat.{package}"));
        Assert.NotEmpty(offered);
        var foreign = offered.Where(fact => !listed.Contains(fact)).ToArray();
        Assert.True(foreign.Length == 0, $"Compat.{package} offers what its api.txt does not list (make the list anew as lib/Compat/README.md says; if that refuses, the real package lacks it):\n{string.Join("\n", foreign)}");
    }

    static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
