// What a host is told while a notebook runs.
namespace AdEMAMix.Notebooks;

/// <summary>One event of a run.</summary>
/// <param name="Number">The cell's number.</param>
public abstract record NotebookProgress(int Number);

/// <summary>A cell has started.</summary>
/// <param name="Number">The cell's number, from 1.</param>
/// <param name="Count">How many cells will run.</param>
/// <param name="Title">The cell's first telling line.</param>
public sealed record CellStarted(int Number, int Count, string Title) : NotebookProgress(Number);

/// <summary>A cell has written to the console.</summary>
/// <param name="Number">The cell's number.</param>
/// <param name="Name"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">What it wrote.</param>
public sealed record CellStreamed(int Number, string Name, string Text) : NotebookProgress(Number);

/// <summary>A cell has ended.</summary>
/// <param name="Number">The cell's number, from 1.</param>
/// <param name="Count">How many cells will run.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Succeeded">Whether it ran to its end.</param>
public sealed record CellFinished(int Number, int Count, TimeSpan Duration, bool Succeeded) : NotebookProgress(Number);
