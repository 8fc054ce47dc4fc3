namespace AdEMAMix.Workbook;

/// <summary>What a path of the reader's own holds.</summary>
public enum OwnKind
{
    /// <summary>A text file, or a folder of .txt files, read character by character.</summary>
    Text,

    /// <summary>A file of 16-bit tokens, or a folder of .bin files in nanoGPT's or llm.c's format.</summary>
    Shards,

    /// <summary>A folder of PNG and JPEG files, one folder per class, or of IDX files.</summary>
    Images,
}

/// <summary>What a reader may decide about a run on data of their own; null leaves it to <see cref="OwnRun"/>, which says what it chose and why.</summary>
public sealed record OwnRunOptions
{
    /// <summary>What the path holds, where it holds files of several kinds.</summary>
    public OwnKind? Kind { get; init; }

    /// <summary>Shape of the model; of images all but the context.</summary>
    public ModelConfig? Model { get; init; }

    /// <summary>Windows of text, or images, per step.</summary>
    public int? BatchSize { get; init; }

    /// <summary>A learning rate that works for AdamW; AdEMAMix's follows from it.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Tokens of the shards' vocabulary, where nothing beside them says it.</summary>
    public int? Vocabulary { get; init; }

    /// <summary>Side of a square that images are scaled and cut to, where they are not all of one size.</summary>
    public int? Size { get; init; }

    /// <summary>Side of the patches that images are cut into.</summary>
    public int? Patch { get; init; }

    /// <summary>Whether texts and images that cannot be read are left out, each of them listed, instead of refused.</summary>
    public bool SkipBroken { get; init; }
}
