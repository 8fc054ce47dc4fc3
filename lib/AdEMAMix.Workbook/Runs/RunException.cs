namespace AdEMAMix.Workbook;

/// <summary>Workers could not be started, or some ended with errors; the other runs of the plan went on.</summary>
public sealed class RunException(string message, Exception? inner = null) : WorkbookException(message, inner);
