namespace AdEMAMix.Workbook;

/// <summary>A run does not fit the devices that it is planned for; the message says what would.</summary>
public sealed class CapacityException(string message, Exception? inner = null) : WorkbookException(message, inner);
