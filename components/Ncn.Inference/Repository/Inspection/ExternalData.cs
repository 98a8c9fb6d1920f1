using System.Globalization;

namespace Ncn.Inference.Repository.Inspection;

/// <summary>Where an ONNX tensor's data lies outside its file (onnx, docs/ExternalData.md): location, offset, length.</summary>
internal sealed class ExternalData
{
    private long _offset;
    private long? _length;

    /// <summary>A file of the model, relative to its folder; null while the data lies inside.</summary>
    public string? Location { get; private set; }

    public void Add(string key, string value)
    {
        switch (key)
        {
            case "location":
                Location = value;
                break;
            case "offset":
                _offset = Number(key, value);
                break;
            case "length":
                _length = Number(key, value);
                break;
        }
    }

    /// <summary>How many bytes the file really has for the tensor.</summary>
    /// <exception cref="InvalidDataException">The place is not one of the model's files, or not within it.</exception>
    public long CheckedLength(string folder, IReadOnlySet<string> files)
    {
        if (!files.Contains(Location!))
        {
            string shown = Location!.Length <= 100 ? Location : Location[..100] + "…";
            throw new InvalidDataException($"a tensor's data lies in '{shown}', which is not among the files of {ModelManifest.FileName}: external data has to stay in the model's folder");
        }

        long size = new FileInfo(Path.Combine(folder, Location!)).Length;
        long length = _length ?? Math.Max(0, size - _offset);
        return _offset <= size && length <= size - _offset
            ? length
            : throw new InvalidDataException($"a tensor's data is said to lie at byte {_offset} of '{Location}', {length} bytes long, and that file has {size}");
    }

    private static long Number(string key, string value) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new InvalidDataException($"the {key} of a tensor's external data is no number");
}
