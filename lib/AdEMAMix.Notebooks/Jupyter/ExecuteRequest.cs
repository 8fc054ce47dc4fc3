// A request to run a cell, as its content says.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>The fields of an execute_request.</summary>
/// <param name="Code">The cell's text.</param>
/// <param name="Silent">Run without showing the value and without counting.</param>
/// <param name="StoreHistory">Count the cell and remember its text.</param>
/// <param name="UserExpressions">Expressions to evaluate after the cell, by name.</param>
/// <param name="AllowStdin">Whether the front end answers questions of the cell.</param>
/// <param name="StopOnError">Whether a failure drops the cells that wait behind.</param>
sealed record ExecuteRequest(string Code, bool Silent, bool StoreHistory, IReadOnlyDictionary<string, string> UserExpressions, bool AllowStdin, bool StopOnError)
{
    /// <exception cref="MessageException">A field is missing or of another type.</exception>
    public static ExecuteRequest Read(JsonObject content)
    {
        var field = new ContentReader(content);
        var silent = field.Flag("silent", false);
        return new ExecuteRequest(
            field.Text("code").ReplaceLineEndings("\n"),
            silent,
            !silent && field.Flag("store_history", true),
            field.Texts("user_expressions"),
            field.Flag("allow_stdin", true),
            field.Flag("stop_on_error", true));
    }
}
