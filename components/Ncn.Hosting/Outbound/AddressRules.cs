using System.Net;

namespace Ncn.Hosting.Outbound;

/// <summary>Which addresses may be called when somebody else names them; the public internet always.</summary>
/// <param name="AllowLoopback">Also this machine itself.</param>
/// <param name="AllowPrivate">Also every other address: private networks, link-local, the cloud's own services.</param>
public sealed record AddressRules(bool AllowLoopback = false, bool AllowPrivate = false)
{
    /// <summary>The public internet alone.</summary>
    public static AddressRules PublicOnly { get; } = new();

    /// <summary>Everything, where all who name addresses are trusted.</summary>
    public static AddressRules All { get; } = new(AllowLoopback: true, AllowPrivate: true);

    /// <summary>
    /// The rules of a process that is reached under <paramref name="publicUrl"/>: one that stands on loopback itself is called from this machine
    /// alone, so this machine's addresses are its network.
    /// </summary>
    public static AddressRules Of(string? publicUrl, bool allowPrivate) => allowPrivate
        ? All
        : new AddressRules(AllowLoopback: Uri.TryCreate(publicUrl, UriKind.Absolute, out var url) && url.IsLoopback);

    /// <summary>Whether an address may be called.</summary>
    public bool IsAllowed(IPAddress address) =>
        PublicAddress.Is(address) || (PublicAddress.IsLoopback(address) ? AllowLoopback : AllowPrivate);
}
