using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>How a channel connects and what it accepts.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Default: what the scheme of the address says. A value that contradicts the scheme is refused.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>Bytes; null means no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Bytes; null means no limit; default 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Exclusive with <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Exclusive with <see cref="HttpClient"/>.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether the channel disposes the client or handler given here; one that it made itself it always disposes.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Whether a cancelled call throws <see cref="OperationCanceledException"/> and not <see cref="RpcException"/>.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }
}
