// Where a tensor lives.

using System.Globalization;

namespace TorchSharp;

public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
    META = 14,
}

public static partial class torch
{
    public class Device
    {
        public DeviceType type { get; private set; }
        public int index { get; private set; } = -1;

        public Device(string description)
        {
            var parts = description.Split(':');
            type = Enum.Parse<DeviceType>(parts[0], ignoreCase: true);
            if (parts.Length == 2) index = int.Parse(parts[1], CultureInfo.InvariantCulture);
        }

        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        public override string ToString()
        {
            var name = type.ToString().ToLowerInvariant();
            return type == DeviceType.CPU || index == -1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}:{index}");
        }

        public static implicit operator Device(string description) => new(description);
    }

    public static readonly Device CPU = new(DeviceType.CPU);
    static readonly Device Cuda = new(DeviceType.CUDA);
    public static Device CUDA => Present(Cuda);
    public static readonly Device META = new(DeviceType.META);

    public static Device device(string description) => Present(new(description));
    public static Device device(DeviceType deviceType, int index = -1) => Present(new(deviceType, index));

    static Device Present(Device device) => device.type != DeviceType.CUDA || cuda.is_available()
        ? device
        : throw new InvalidOperationException("CUDA is not available: no GPU was found, or this libtorch was built without CUDA; 'environment/workbook doctor' says which.");
}
