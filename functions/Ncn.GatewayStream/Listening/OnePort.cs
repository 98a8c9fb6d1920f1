using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Ncn.GatewayStream.Listening;

/// <summary>
/// HTTP/1.1 and HTTP/2 on one port without TLS, by what a connection says first. Kestrel offers both on one port under TLS only, where
/// the client names its protocol in the handshake (ALPN); here the client's first bytes name it: HTTP/2 opens with a fixed preface
/// (RFC 9113, section 3.4), which no HTTP/1.1 request begins with.
/// </summary>
internal static class OnePort
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>What every HTTP/2 client sends first.</summary>
    internal static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Lets a listener take both protocols.</summary>
    public static ListenOptions UseBothProtocols(this ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.Use(next => connection => ServeAsync(next, connection));
        return listen;
    }

    private static async Task ServeAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        try
        {
            using var late = new CancellationTokenSource(Patience);
            if (await IsHttp2Async(connection, late.Token))
            {
                // What Kestrel asks for to choose HTTP/2: the protocol that TLS would have agreed on.
                var chosen = new PresumedHttp2();
                connection.Features.Set<ITlsApplicationProtocolFeature>(chosen);
                connection.Features.Set<ITlsConnectionFeature>(chosen);
            }
        }
        catch (OperationCanceledException)
        {
            connection.Abort(new ConnectionAbortedException("The connection said nothing."));
            return;
        }

        await next(connection);
    }

    /// <summary>Looks at the first bytes and takes none of them.</summary>
    private static async Task<bool> IsHttp2Async(ConnectionContext connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync(cancellationToken);
            var start = read.Buffer.Start;
            var verdict = Judge(read.Buffer);
            if (verdict is null && !read.IsCompleted)
            {
                connection.Transport.Input.AdvanceTo(start, read.Buffer.End);
                continue;
            }

            // Nothing counts as looked at, so that whoever reads next gets it at once.
            connection.Transport.Input.AdvanceTo(start);
            return verdict == true;
        }
    }

    /// <summary>True for HTTP/2, false for another protocol, null when more bytes are needed to tell.</summary>
    internal static bool? Judge(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> first = stackalloc byte[Preface.Length];
        var count = (int)Math.Min(bytes.Length, first.Length);
        bytes.Slice(0, count).CopyTo(first);
        return !first[..count].SequenceEqual(Preface[..count]) ? false : count == Preface.Length ? true : null;
    }

    private sealed class PresumedHttp2 : ITlsApplicationProtocolFeature, ITlsConnectionFeature
    {
        public ReadOnlyMemory<byte> ApplicationProtocol { get; } = "h2"u8.ToArray();

        public System.Security.Cryptography.X509Certificates.X509Certificate2? ClientCertificate { get; set; }

        public Task<System.Security.Cryptography.X509Certificates.X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult(ClientCertificate);
    }
}
