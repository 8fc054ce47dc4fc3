using System.Text.Json.Serialization;

namespace AdEMAMix.Workbook;

// The entries of data/sources.json: a text, a set of images or a tokenizer, the registry package that carries it, and the hashes that pin both.

/// <summary>A text, or a set of images, that the workbook can fetch, as pinned in data/sources.json.</summary>
public sealed record DataSource
{
    /// <summary>The name that <see cref="DataConfig.Source"/> uses; also the folder in data/cache.</summary>
    public required string Name { get; init; }

    /// <summary>A title for people.</summary>
    public required string Title { get; init; }

    /// <summary>What the text holds, in which order, and what was changed.</summary>
    public required string Description { get; init; }

    /// <summary>Under which terms the text may be used.</summary>
    public required string License { get; init; }

    /// <summary>The registry package that carries the data.</summary>
    public required DataPackage Package { get; init; }

    /// <summary>The downloaded file.</summary>
    public required DataArchive Archive { get; init; }

    /// <summary>Which part of the archive is the data.</summary>
    public required DataExtraction Extract { get; init; }

    /// <summary>The text after extraction; null for a source of images.</summary>
    public DataText? Text { get; init; }

    /// <summary>The files after extraction, for a source of images; null for a text.</summary>
    public IReadOnlyList<DataFile>? Files { get; init; }

    /// <summary>What the files hold; null for a text.</summary>
    public DataImages? Images { get; init; }

    /// <summary>Whether the source holds images.</summary>
    [JsonIgnore]
    public bool HoldsImages => Files is not null;
}

/// <summary>A package by its exact version.</summary>
/// <param name="Kind">The registry's kind, hence the tool that downloads.</param>
/// <param name="Name">The package's name there.</param>
/// <param name="Version">The exact version.</param>
public sealed record DataPackage(PackageKind Kind, string Name, string Version);

/// <summary>Which tool downloads a package.</summary>
public enum PackageKind
{
    /// <summary><c>npm pack NAME@VERSION</c>.</summary>
    Npm,

    /// <summary><c>apt-get download NAME=VERSION</c>.</summary>
    Debian,
}

/// <summary>The file that a download gives.</summary>
/// <param name="File">File name; a file of this name in data/cache/archives is used instead of a download.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256, lower-case hexadecimal.</param>
public sealed record DataArchive(string File, long Bytes, string Sha256);

/// <summary>Which part of an archive is the data.</summary>
/// <param name="Kind">How it is stored.</param>
/// <param name="Path">Path in the archive; one <c>*</c> stands for any characters but a slash.</param>
/// <param name="Texts">How many texts, or files, there must be.</param>
/// <param name="Remove">Characters that are taken out, for example strays of the digitisation.</param>
public sealed record DataExtraction(ExtractionKind Kind, string Path, int Texts, string? Remove = null);

/// <summary>How an archive stores its data.</summary>
public enum ExtractionKind
{
    /// <summary>One UTF-8 file per text, taken in ordinal order of their paths.</summary>
    TextFiles,

    /// <summary>An R data base (.rdb) whose objects are character vectors: one object per text, one string per line.</summary>
    [JsonStringEnumMemberName("rStrings")]
    RStrings,

    /// <summary>Files that are kept as they are, for example IDX files of images and labels.</summary>
    Files,
}

/// <summary>What the extracted text must be.</summary>
/// <param name="Characters">Unicode scalar values.</param>
/// <param name="Symbols">Distinct ones.</param>
/// <param name="Sha256">SHA-256 of its UTF-8 bytes, lower-case hexadecimal.</param>
public sealed record DataText(long Characters, int Symbols, string Sha256);

/// <summary>A tokenizer that the workbook can fetch, as pinned in data/sources.json.</summary>
/// <param name="Name">The name that `workbook data tokenize` uses; also the folder in data/cache.</param>
/// <param name="Description">What it is.</param>
/// <param name="License">Under which terms it may be used.</param>
/// <param name="Package">The registry package that carries it, of npm.</param>
/// <param name="Archive">The downloaded file.</param>
/// <param name="Files">Which of the archive's files it consists of.</param>
public sealed record TokenizerSource(string Name, string Description, string License, DataPackage Package, DataArchive Archive, IReadOnlyList<TokenizerFile> Files);

/// <summary>A file of a tokenizer.</summary>
/// <param name="Path">Its path in the archive.</param>
/// <param name="Sha256">Its SHA-256, lower-case hexadecimal.</param>
public sealed record TokenizerFile(string Path, string Sha256);

/// <summary>What one extracted file must be.</summary>
/// <param name="Name">Its name, without folders.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256, lower-case hexadecimal.</param>
public sealed record DataFile(string Name, long Bytes, string Sha256);

/// <summary>What a source of images holds.</summary>
/// <param name="Training">Images to train on.</param>
/// <param name="Test">Images to test with.</param>
/// <param name="Channels">1 for grey, 3 for red, green and blue.</param>
/// <param name="Height">Rows of each.</param>
/// <param name="Width">Columns of each.</param>
/// <param name="Classes">Number of classes.</param>
public sealed record DataImages(int Training, int Test, int Channels, int Height, int Width, int Classes);
