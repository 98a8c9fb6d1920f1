using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client.Internal;

namespace Grpc.Net.Client;

/// <summary>A channel to one server over HTTP/2. It is thread safe and shares its connections among all clients made from it.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private static readonly TimeSpan HttpClientDefaultTimeout = TimeSpan.FromSeconds(100);

    private readonly ConcurrentDictionary<string, Uri> addresses = new(StringComparer.Ordinal);
    private readonly bool ownsInvoker;

    private GrpcChannel(Uri address, GrpcChannelOptions options) : base(address.Authority)
    {
        CheckCredentials(address, options.Credentials);
        if (options.HttpClient is not null && options.HttpHandler is not null)
        {
            throw new ArgumentException($"{nameof(GrpcChannelOptions.HttpClient)} and {nameof(GrpcChannelOptions.HttpHandler)} have been configured. Only one HTTP caller can be specified.");
        }
        Address = address;
        MaxSendMessageSize = options.MaxSendMessageSize;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        ThrowOperationCanceledOnCancellation = options.ThrowOperationCanceledOnCancellation;
        ownsInvoker = options.DisposeHttpClient || (options.HttpClient is null && options.HttpHandler is null);
        Invoker = CreateInvoker(options);
    }

    internal Uri Address { get; }

    internal int? MaxSendMessageSize { get; }

    internal int? MaxReceiveMessageSize { get; }

    internal bool ThrowOperationCanceledOnCancellation { get; }

    internal HttpMessageInvoker Invoker { get; }

    internal bool IsDisposed { get; private set; }

    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
        {
            throw new InvalidOperationException($"No address resolver configured for the scheme '{address.Scheme}'.");
        }
        return new GrpcChannel(address, channelOptions);
    }

    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new HttpCallInvoker(this);
    }

    public void Dispose()
    {
        if (IsDisposed)
        {
            return;
        }
        IsDisposed = true;
        if (ownsInvoker)
        {
            Invoker.Dispose();
        }
    }

    internal Uri AddressOf(IMethod method) =>
        addresses.TryGetValue(method.FullName, out var known) ? known : addresses.GetOrAdd(method.FullName, new Uri(Address, method.FullName));

    private static HttpMessageInvoker CreateInvoker(GrpcChannelOptions options)
    {
        if (options.HttpClient is null)
        {
            return options.HttpHandler is null
                ? new HttpMessageInvoker(new SocketsHttpHandler { EnableMultipleHttp2Connections = true })
                : new HttpMessageInvoker(options.HttpHandler, options.DisposeHttpClient);
        }
        if (options.HttpClient.Timeout == HttpClientDefaultTimeout)
        {
            // Calls have deadlines of their own; the client's default would end streams after 100 seconds.
            options.HttpClient.Timeout = Timeout.InfiniteTimeSpan;
        }
        return options.HttpClient;
    }

    private static void CheckCredentials(Uri address, ChannelCredentials? credentials)
    {
        var isTls = address.Scheme == Uri.UriSchemeHttps;
        if (isTls && credentials == ChannelCredentials.Insecure)
        {
            throw new InvalidOperationException($"Channel is configured with insecure channel credentials and can't use a HttpClient with a '{address.Scheme}' scheme.");
        }
        if (!isTls && credentials == ChannelCredentials.SecureSsl)
        {
            throw new InvalidOperationException($"Channel is configured with secure channel credentials and can't use a HttpClient with a '{address.Scheme}' scheme.");
        }
    }
}
