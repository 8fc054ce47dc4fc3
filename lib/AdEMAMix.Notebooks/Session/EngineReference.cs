// The engine as cells reference it: its types without what it is built from.
using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using Microsoft.CodeAnalysis;

namespace AdEMAMix.Notebooks;

/// <summary>Makes the reference through which cells see <c>display</c> and its kin.</summary>
/// <remarks>
/// The compiler takes an assembly for another one once a reference of it resolves differently. So a cell that brought in Markdig, by name or because it lay beside a library, had two kinds of
/// <c>display</c> from then on, and every call was ambiguous. In the copy that cells see, the names of the engine's own libraries are replaced by names that nothing has.
/// </remarks>
static class EngineReference
{
    const int VersionAndFlags = 12;

    public static PortableExecutableReference Create()
    {
        var path = typeof(EngineReference).Assembly.Location;
        var image = File.ReadAllBytes(path);
        using var file = new PEReader(ImmutableCollectionsMarshal.AsImmutableArray(image));
        var reader = file.GetMetadataReader();
        var blobIndex = reader.GetHeapSize(HeapIndex.Blob) > ushort.MaxValue ? 4 : 2;
        var wideStrings = reader.GetHeapSize(HeapIndex.String) > ushort.MaxValue;
        var rows = file.PEHeaders.MetadataStartOffset + reader.GetTableMetadataOffset(TableIndex.AssemblyRef);
        var rowSize = reader.GetTableRowSize(TableIndex.AssemblyRef);
        // Any text of the image serves as a name, and no file is called as one of the engine's types.
        var standIns = reader.TypeDefinitions.Select(type => reader.GetTypeDefinition(type).Name).Where(name => reader.GetString(name).StartsWith("Notebook", StringComparison.Ordinal)).GetEnumerator();
        foreach (var handle in reader.AssemblyReferences)
        {
            if (NotebookLoadContext.IsInFramework(reader.GetString(reader.GetAssemblyReference(handle).Name) + ".dll") || !standIns.MoveNext()) continue;
            var name = image.AsSpan(rows + rowSize * (MetadataTokens.GetRowNumber(handle) - 1) + VersionAndFlags + blobIndex);
            var standIn = reader.GetHeapOffset(standIns.Current);
            if (wideStrings) BinaryPrimitives.WriteInt32LittleEndian(name, standIn);
            else BinaryPrimitives.WriteUInt16LittleEndian(name, (ushort)standIn);
        }
        return AssemblyMetadata.CreateFromImage(image).GetReference(filePath: path);
    }
}
