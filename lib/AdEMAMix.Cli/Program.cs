// The `workbook` command: one verb per file in Verbs/, errors as one sentence, exit codes 0, 1 and 2.

using System.Globalization;
using AdEMAMix.Cli;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return await CommandLine.RunAsync(args);
