namespace AdEMAMix.Workbook;

/// <summary>A mistake that the reader can mend: its message is one sentence that names the value and the remedy.</summary>
/// <remarks>One derived type per kind of mistake; the command line prints the message and exits with <see cref="ExitCode"/>.</remarks>
public abstract class WorkbookException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The exit code of the command that meets this error: 1, or 2 where the command was asked wrongly.</summary>
    public virtual int ExitCode => 1;
}

/// <summary>A run's configuration cannot be read or holds a value outside its range.</summary>
public sealed class ConfigException(string message, Exception? inner = null) : WorkbookException(message, inner)
{
    /// <inheritdoc/>
    public override int ExitCode => 2;
}

/// <summary>A data source is missing, damaged, too short, or holds characters that the tokenizer does not know.</summary>
public sealed class DataException(string message, Exception? inner = null) : WorkbookException(message, inner);

/// <summary>A checkpoint is cut short, belongs to another run, or could not be written.</summary>
public sealed class CheckpointException(string message, Exception? inner = null) : WorkbookException(message, inner);

/// <summary>The run store is locked, of a newer version, or a record in it does not match its hash.</summary>
public sealed class StoreException(string message, Exception? inner = null) : WorkbookException(message, inner);

/// <summary>The processes of a run do not come together, one of them is gone, or they do not agree.</summary>
public sealed class RanksException(string message, Exception? inner = null) : WorkbookException(message, inner);
