using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Ncn.Serving.Tests.Streaming.Sockets;

/// <summary>A client that shakes hands as it must and then sends what it likes and answers nothing: no ping, no close.</summary>
internal sealed class RawSocket : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly TcpClient _tcp = new() { NoDelay = true };

    private RawSocket()
    {
    }

    public static async Task<RawSocket> ConnectAsync(Uri address)
    {
        var raw = new RawSocket();
        await raw._tcp.ConnectAsync(address.Host, address.Port);
        await raw._tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET {address.AbsolutePath} HTTP/1.1\r\nHost: {address.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
        var answer = string.Empty;
        var next = new byte[1];
        while (!answer.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await raw._tcp.GetStream().ReadExactlyAsync(next).AsTask().WaitAsync(Limit);
            answer += (char)next[0];
        }

        Assert.StartsWith("HTTP/1.1 101", answer, StringComparison.Ordinal);
        return raw;
    }

    /// <summary>A text message of at most 125 bytes, under a mask of zeros.</summary>
    public async Task SendTextAsync(byte[] text) => await _tcp.GetStream().WriteAsync((byte[])[0x81, (byte)(0x80 | text.Length), 0, 0, 0, 0, .. text]);

    /// <summary>The beginning of a text message of this length, and nothing of the message.</summary>
    public async Task SendHeaderAsync(ulong length)
    {
        byte[] header = [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(2), length);
        await _tcp.GetStream().WriteAsync(header);
    }

    /// <summary>Reads until the server has hung up.</summary>
    public async Task ReadToEndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        var buffer = new byte[4096];
        try
        {
            while (await _tcp.GetStream().ReadAsync(buffer, limit.Token) > 0)
            {
                // Pings, and whatever was under way.
            }
        }
        catch (IOException)
        {
            // The server cut the connection off: that is its end as well.
        }
    }

    public void Dispose() => _tcp.Dispose();
}
