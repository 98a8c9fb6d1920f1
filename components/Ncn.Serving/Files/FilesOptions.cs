using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Files;

/// <summary>What clients may keep here, and for how long (section <c>Ncn:Gateway:Files</c>).</summary>
public sealed class FilesOptions
{
    /// <summary>Largest file, bytes: 1 KiB to 200 MiB, default 32 MiB.</summary>
    [Range(1024, 200 * 1024 * 1024)]
    public int MaxBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>How long a file, a batch's results and a stored response are kept, hours: 1 to 8,760, default 168 (a week). A client may ask for less.</summary>
    [Range(1, 8760)]
    public int KeptHours { get; set; } = 168;

    /// <summary>Files of one account: 1 to 100,000, default 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxFiles { get; set; } = 1000;

    /// <summary>Bytes of one account: 1 KiB to 10^12, default 1 GiB.</summary>
    [Range(1024L, 1_000_000_000_000L)]
    public long MaxAccountBytes { get; set; } = 1L << 30;
}
