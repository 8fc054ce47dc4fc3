namespace AdEMAMix.Notebooks;

/// <summary>A notebook, a parameter or a file that it names cannot be used: the message is one sentence with the file, the problem and the remedy.</summary>
public class NotebookException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The exit code of a command that meets this error.</summary>
    public virtual int ExitCode => 1;
}

/// <summary>A parameter was given that the notebook does not have, or a value that its type does not take.</summary>
public sealed class ParameterException(string message) : NotebookException(message)
{
    /// <summary>2: the command was asked wrongly.</summary>
    public override int ExitCode => 2;
}
