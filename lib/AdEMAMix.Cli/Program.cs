// The `workbook` command: one verb per file in Verbs/, errors as one sentence, exit codes 0, 1 and 2.

using System.Globalization;
using AdEMAMix.Cli;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
// Without a terminal there is no width to keep to, and a wrapped table cannot be searched.
if (Console.IsOutputRedirected) Spectre.Console.AnsiConsole.Profile.Width = 200;
return await CommandLine.RunAsync(args);
