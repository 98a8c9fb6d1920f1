using System.Globalization;
using Ncn.Payments.Channels;

namespace Ncn.Serving.Receipts;

/// <summary>Names of what is kept of receipts, in the subnet's container.</summary>
internal static class ReceiptNames
{
    internal const string Folder = "receipts/";
    internal const string Log = ".log";
    internal const string Rows = ".rows";
    private const string ListName = "list.json";
    private const string PostedName = "posted";

    internal static string FolderOf(ulong period) => $"{Folder}{period.ToString("D12", CultureInfo.InvariantCulture)}/";

    /// <summary>The list of a closed period.</summary>
    internal static string List(ulong period) => FolderOf(period) + ListName;

    /// <summary>There when validators have taken the list's root.</summary>
    internal static string Posted(ulong period) => FolderOf(period) + PostedName;

    /// <summary>The rows of a list, by whoever closes it.</summary>
    internal static string Leaves(ulong period, Holder by) => $"{FolderOf(period)}leaves-{Plain(by)}";

    /// <summary>A segment without its ending: one process writes it, from its beginning to its end.</summary>
    internal static string Segment(ulong period, Holder by, int number) => $"{FolderOf(period)}{Plain(by)}-{number.ToString("D6", CultureInfo.InvariantCulture)}";

    /// <summary>The period of a name; null when it is none of ours.</summary>
    internal static ulong? PeriodOf(string name) =>
        name.StartsWith(Folder, StringComparison.Ordinal) && name.IndexOf('/', Folder.Length) is > 0 and var end
        && ulong.TryParse(name.AsSpan(Folder.Length, end - Folder.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var period) ? period : null;

    private static string Plain(Holder by) => string.Concat(by.Instance.Select(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' ? letter : '_'))
        + "-" + by.Life.ToString(CultureInfo.InvariantCulture);
}
