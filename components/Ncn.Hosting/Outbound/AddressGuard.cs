using System.Net;
using System.Net.Sockets;

namespace Ncn.Hosting.Outbound;

/// <summary>A host that somebody named is not called. The message tells no address: what a name stands for inside is nobody's business outside.</summary>
public sealed class AddressRefusedException(string message) : Exception(message);

/// <summary>Connects where others say, and only where the rules let it.</summary>
/// <remarks>
/// At each connection the name is looked up once, every address that it has must be allowed, and the connection goes to one of exactly those
/// addresses: a name that changes its address after a check gains nothing. Redirects are not followed, and no proxy, cookie or trace header is used.
/// </remarks>
public sealed class AddressGuard(AddressRules rules, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;

    /// <summary>What is allowed.</summary>
    public AddressRules Rules { get; } = rules;

    /// <summary>Refuses plain http to all but this machine, and to private networks where the rules allow those.</summary>
    public bool WantsTls { get; init; }

    /// <summary>Told where each connection went.</summary>
    public Action<DnsEndPoint, IPAddress>? Connected { get; init; }

    /// <summary>All addresses of a host, every one of them allowed. Throws <see cref="AddressRefusedException"/> otherwise.</summary>
    /// <param name="host">A DNS name or an address; IPv6 with or without brackets.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        IPAddress[] addresses;
        try
        {
            addresses = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await _resolve(host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            throw new AddressRefusedException($"names the host {host}, which cannot be found");
        }

        return addresses.Length > 0 && Array.TrueForAll(addresses, Rules.IsAllowed)
            ? addresses
            : throw new AddressRefusedException($"names the host {host}, which is not on the public internet");
    }

    /// <summary>A new handler that connects through this guard. A refused host fails the call with <see cref="HttpRequestException"/> around the refusal.</summary>
    public SocketsHttpHandler Handler(TimeSpan connectTimeout) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = connectTimeout,
        ConnectCallback = ConnectAsync,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(context.DnsEndPoint.Host, cancellationToken).ConfigureAwait(false);
        if (WantsTls && context.InitialRequestMessage.RequestUri?.Scheme is not ("https" or "wss") && !Array.TrueForAll(addresses, MayBePlain))
        {
            throw new AddressRefusedException($"names the host {context.DnsEndPoint.Host} without TLS");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
            Connected?.Invoke(context.DnsEndPoint, ((IPEndPoint)socket.RemoteEndPoint!).Address);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool MayBePlain(IPAddress address) => PublicAddress.IsLoopback(address) || (Rules.AllowPrivate && !PublicAddress.Is(address));
}
