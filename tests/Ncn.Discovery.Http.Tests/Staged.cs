using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ncn.Discovery.Http.Tests;

/// <summary>A TCP server that reads each request whole and answers it as a test says, or not at all.</summary>
internal sealed class Staged : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<byte[], byte[]?> _answer;
    private readonly List<TcpClient> _kept = [];
    private int _calls;

    public Staged(Func<byte[], byte[]?> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Calls => Volatile.Read(ref _calls);

    public static byte[] Ok(byte[] body) => [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\ncontent-length: {body.Length}\r\nconnection: close\r\n\r\n"), .. body];

    public void Dispose()
    {
        _listener.Dispose();
        lock (_kept)
        {
            _kept.ForEach(static client => client.Dispose());
        }
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref _calls);
                lock (_kept)
                {
                    _kept.Add(client);
                }

                _ = AnswerAsync(client);
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        try
        {
            if (_answer(await ReadAsync(client.GetStream())) is { } answer)
            {
                await client.GetStream().WriteAsync(answer);
                client.Dispose();
            }
        }
        catch (Exception over) when (over is IOException or ObjectDisposedException or SocketException)
        {
            // The caller did not wait.
        }
    }

    /// <summary>The body of a request that states its length.</summary>
    private static async Task<byte[]> ReadAsync(NetworkStream stream)
    {
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        while (true)
        {
            var read = await stream.ReadAsync(buffer);
            bytes.AddRange(buffer[..read]);
            var text = Encoding.Latin1.GetString([.. bytes]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (read == 0 || (end >= 0 && bytes.Count >= end + 4 + LengthOf(text[..end])))
            {
                return end < 0 ? [] : [.. bytes.Skip(end + 4)];
            }
        }
    }

    private static int LengthOf(string head) => head.Split("\r\n").Where(static line => line.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase))
        .Select(static line => int.Parse(line.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault();
}
