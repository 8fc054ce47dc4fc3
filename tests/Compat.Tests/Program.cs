using Compat.Tests;
using Xunit.Runner.InProc.SystemConsole;

// The tests, or the maker of the lists and recordings that they compare with.
if (args is ["--list-api", var real, var ours, var origin]) return ApiList.Write(real, ours, origin);
if (args is ["--record", "charts" or "frames"]) return RealPackages.Record(args[1]);
// One rank of a job that a test started.
if (args is ["--rank", var scenario]) return Compat.Tests.Distributed.RankProgram.Run(scenario);
if (args is ["--list-api" or "--record", ..])
{
    Console.Error.WriteLine("usage: --list-api REAL.dll[,MORE.dll] OURS.dll ORIGIN | --record charts | --record frames");
    return 2;
}
return args.Any(argument => argument is "--server" or "--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await ConsoleRunner.Run(args);
