using System.Net;
using Microsoft.Extensions.Options;
using Ncn.Hosting.Outbound;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Outbound;

/// <summary>Calls on a client's word: only to the public internet, so that nobody sees what is reachable from the gateway alone.</summary>
/// <remarks>
/// 1. The URL is checked when it is named (<see cref="RequireAsync"/>), so that the client hears what is wrong with it. 2. Each call goes through
/// an <see cref="AddressGuard"/>, which looks again and connects to what it looked at. 3. Time and size of the answer are bounded.
/// </remarks>
public sealed class OutboundGuard : IDisposable
{
    private const int MaxUrlLength = 2048;
    private const int FirstOpenPort = 1024;
    private const int MaxHeaderKibibytes = 16;
    private readonly OutboundOptions _options;
    private readonly AddressGuard _guard;

    public OutboundGuard(IOptions<OutboundOptions> options)
        : this(options, Dns.GetHostAddressesAsync)
    {
    }

    internal OutboundGuard(IOptions<OutboundOptions> options, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Value;
        _guard = new AddressGuard(new AddressRules(_options.AllowLoopback), resolve);
        Client = new HttpClient(Handler(), disposeHandler: true)
        {
            Timeout = TimeSpan.FromSeconds(_options.Seconds),
            MaxResponseContentBufferSize = _options.MaxAnswerBytes,
        };
    }

    /// <summary>
    /// Makes the calls. One to an address that is not allowed throws <see cref="HttpRequestException"/>, whose inner exception is an
    /// <see cref="AddressRefusedException"/>; a redirect comes back as the answer that it is.
    /// </summary>
    public HttpClient Client { get; }

    /// <summary>The URL that a client named. Throws <see cref="ApiException"/> 400 <c>invalid_url</c> when the gateway would not call it.</summary>
    /// <param name="url">As the client wrote it.</param>
    /// <param name="parameter">The request member that it stands in.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public async Task<Uri> RequireAsync(string? url, string parameter, CancellationToken cancellationToken)
    {
        if (Read(url) is not { } uri)
        {
            throw Refusal("is no URL that the gateway calls: send https, a host, at most 2048 characters, and no user name, password or fragment", parameter);
        }

        if (!IsAllowedPort(uri.Port))
        {
            throw Refusal($"names port {uri.Port}; the gateway calls ports 80, 443 and those from {FirstOpenPort} up", parameter);
        }

        var addresses = await AddressesAsync(uri.IdnHost, parameter, cancellationToken);
        return uri.Scheme == Uri.UriSchemeHttps || _options.AllowPlain || Array.TrueForAll(addresses, PublicAddress.IsLoopback)
            ? uri
            : throw Refusal("speaks no TLS; send an https URL", parameter);
    }

    public void Dispose() => Client.Dispose();

    private Uri? Read(string? url) =>
        url is { Length: > 0 and <= MaxUrlLength } && Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && (_options.AllowPlain || _options.AllowLoopback)))
        && uri is { UserInfo.Length: 0, Fragment.Length: 0, IdnHost.Length: > 0 } ? uri : null;

    private static bool IsAllowedPort(int port) => port is 80 or 443 or >= FirstOpenPort;

    private async Task<IPAddress[]> AddressesAsync(string host, string parameter, CancellationToken cancellationToken)
    {
        try
        {
            return await _guard.ResolveAsync(host, cancellationToken);
        }
        catch (AddressRefusedException refused)
        {
            throw Refusal(refused.Message, parameter);
        }
    }

    private SocketsHttpHandler Handler()
    {
        var handler = _guard.Handler(TimeSpan.FromSeconds(_options.Seconds));
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(1);
        handler.MaxResponseHeadersLength = MaxHeaderKibibytes;
        return handler;
    }

    private static ApiException Refusal(string problem, string parameter) =>
        new(ApiError.BadRequest("invalid_url", $"{parameter} {problem}.", parameter));
}
