namespace AdEMAMix.Workbook;

/// <summary>Where an unfinished tokenization stands.</summary>
static class TokenizingJournal
{
    /// <summary>Name of the journal's file; it is removed when the token files are complete.</summary>
    public const string FileName = "tokenizing.json";
}
