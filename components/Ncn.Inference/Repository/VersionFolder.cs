namespace Ncn.Inference.Repository;

/// <summary>A place in the repository: <c>&lt;root&gt;/&lt;name&gt;/&lt;version&gt;</c>.</summary>
internal readonly record struct VersionFolder(string Name, string Version) : IComparable<VersionFolder>
{
    /// <summary>Name, then version as people count.</summary>
    public int CompareTo(VersionFolder other)
    {
        int byName = string.CompareOrdinal(Name, other.Name);
        return byName != 0 ? byName : NaturalOrder.Instance.Compare(Version, other.Version);
    }

    public override string ToString() => $"{Name}/{Version}";

    public string PathIn(string root) => Path.Combine(root, Name, Version);

    /// <summary>All folders that hold a model, or look as if they ought to.</summary>
    public static IEnumerable<VersionFolder> All(string root) =>
        Directory.EnumerateDirectories(root).Select(folder => Path.GetFileName(folder)).SelectMany(name => Of(root, name)).Order();

    /// <summary>One model's versions, in natural order: folders with a manifest, or with an ONNX file and so one is missing.</summary>
    public static IReadOnlyList<VersionFolder> Of(string root, string name)
    {
        string folder = Path.Combine(root, name);
        return !Directory.Exists(folder) ? []
            : [.. Directory.EnumerateDirectories(folder).Where(HoldsModel).Select(version => new VersionFolder(name, Path.GetFileName(version))).Order()];
    }

    /// <summary>A folder that cannot be looked into counts as one: loading it says what is wrong.</summary>
    private static bool HoldsModel(string folder)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(folder).Any(entry =>
                Path.GetFileName(entry) == ModelManifest.FileName || entry.EndsWith(".onnx", StringComparison.Ordinal));
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }
}
