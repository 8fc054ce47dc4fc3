namespace AdEMAMix.Workbook;

// The estimate of a run on images.
public sealed partial record RunEstimate
{
    // For a folder that cannot be read from here: as many patches and classes as the paper's models see (224 by 16 pixels, ImageNet-1k).
    const int PaperPatches = 14;
    const int PaperClasses = 1000;

    // While images are read they are held once decoded and once as files.
    const int CopiesWhileRead = 2;

    static RunEstimate OfImages(RunConfig config, WorkbookPaths paths)
    {
        var (images, known) = ImagesOf(config, paths);
        var (model, training) = (config.Model, config.Training);
        var (shape, patch) = (new ImageShape(images.Channels, images.Height, images.Width), config.Vision!.Patch);
        var sizes = Vit.TensorSizes(model, shape, patch, images.Classes).ToList();
        var tokens = Vit.TokensOf(shape, patch);
        // As for a text; positions and class token are added, not multiplied, and the head sees one token per image.
        var perToken = sizes.Sum() - ((tokens + 1L) * model.Width) - ((long)images.Classes * model.Width);
        var flops = config.Tokens * (6.0 * ((perToken * tokens) + ((long)images.Classes * model.Width)) + (12.0 * model.Layers * model.Width * tokens * tokens));
        var batch = training.MicroBatchSize ?? training.BatchSize;
        var activations = Math.Max(
            Float * batch * tokens * ((20L * model.Layers * model.Width) + ((model.Layers + 3L) * model.Heads * tokens) + (4L * model.Width)),
            Float * Math.Min(ImageTask.EvaluationBatch, training.EvaluationWindows) * tokens * ((14L * model.Width) + (2L * model.Heads * tokens)));
        return new(config, images.Classes, known, new(sizes, flops, activations, CopiesWhileRead * (long)(images.Training + images.Test) * shape.Length));
    }

    static (DataImages Images, bool Known) ImagesOf(RunConfig config, WorkbookPaths paths)
    {
        if (config.Data.Source != DataSources.Images)
            return DataSources.Load(paths).All.FirstOrDefault(s => s.Name == config.Data.Source)?.Images is { } images ? (images, true) : Unknown();
        var folder = Path.GetFullPath(config.Data.Path!, paths.Root);
        return Directory.Exists(folder) && ImageFolder.Survey(folder, config.Vision!.Size) is { } found ? (found, true) : Unknown();

        (DataImages, bool) Unknown() => (new DataImages(0, 0, 3, PaperPatches * config.Vision!.Patch, PaperPatches * config.Vision.Patch, PaperClasses), false);
    }
}
