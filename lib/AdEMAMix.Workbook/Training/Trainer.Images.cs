namespace AdEMAMix.Workbook;

// A trainer of images.
public sealed partial class Trainer
{
    /// <summary>A trainer at step 0.</summary>
    /// <param name="config">A valid configuration with <see cref="RunConfig.Vision"/>.</param>
    /// <param name="data">The images of <see cref="RunConfig.Data"/>.</param>
    /// <exception cref="ConfigException">A value is outside its range, or does not fit the images.</exception>
    /// <exception cref="DataException">Nothing is left to train on or to evaluate.</exception>
    public Trainer(RunConfig config, ImageDataset data) : this(config.Validate(), new ImageTask(config, data, device: TrainingDevice.Here()))
    {
    }
}
