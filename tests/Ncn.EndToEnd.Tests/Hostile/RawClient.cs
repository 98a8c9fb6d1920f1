using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Ncn.EndToEnd.Tests.Hostile;

/// <summary>A connection on which bytes are sent as no client library would send them.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Socket _socket;
    private readonly List<byte> _received = [];

    private RawClient(Socket socket) => _socket = socket;

    /// <summary>What has come so far.</summary>
    public string Received => Encoding.UTF8.GetString([.. _received]);

    /// <summary>Connects to a gateway on this machine.</summary>
    /// <param name="from">The address of this machine to come from: all of 127.0.0.0/8 are, and to the gateway they are different callers.</param>
    public static async Task<RawClient> ConnectAsync(Uri gateway, string from = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Port);
        return new RawClient(socket);
    }

    /// <summary>A whole request with a JSON body.</summary>
    public static string Post(string path, string body, string headers = "") =>
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}";

    public async Task SendAsync(string text) => await SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends bytes; a server that has hung up already is no error, what it said is what counts.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes)..];
            }
        }
        catch (SocketException)
        {
            // The server refused before all was sent.
        }
    }

    /// <summary>The status of the first answer and its body; 0 when the connection ended without one.</summary>
    public async Task<RawAnswer> ReadAnswerAsync()
    {
        while (true)
        {
            if (Answer() is { } answer)
            {
                return answer;
            }

            if (!await ReadMoreAsync())
            {
                return Answer(isOver: true) ?? new RawAnswer(0, string.Empty, string.Empty);
            }
        }
    }

    /// <summary>Reads until the server has hung up, and returns how many answers came.</summary>
    public async Task<int> CountAnswersAsync()
    {
        while (await ReadMoreAsync())
        {
        }

        return Received.Split("HTTP/1.1 ", StringSplitOptions.None).Length - 1;
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> ReadMoreAsync()
    {
        var block = new byte[16 * 1024];
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var read = await _socket.ReceiveAsync(block, limit.Token);
            _received.AddRange(block.AsSpan(0, read));
            return read > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // Whole once the announced length is there, or the last chunk; of a stream its head is enough.
    private RawAnswer? Answer(bool isOver = false)
    {
        var text = Received;
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var (head, body) = (text[..end], text[(end + 4)..]);
        var length = head.Split("\r\n").FirstOrDefault(static line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))?.Split(':')[1].Trim();
        var isStream = head.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
        var isWhole = isOver || isStream || (length is not null ? Encoding.UTF8.GetByteCount(body) >= int.Parse(length, System.Globalization.CultureInfo.InvariantCulture) : body.EndsWith("0\r\n\r\n", StringComparison.Ordinal));
        return isWhole ? new RawAnswer(int.Parse(head.AsSpan("HTTP/1.1 ".Length, 3), System.Globalization.CultureInfo.InvariantCulture), head, body) : null;
    }
}

/// <summary>An answer as it came.</summary>
internal sealed record RawAnswer(int Status, string Head, string Body)
{
    /// <summary>The body as JSON, freed from its chunks.</summary>
    public JsonElement Json
    {
        get
        {
            var (first, last) = (Body.IndexOf('{', StringComparison.Ordinal), Body.LastIndexOf('}'));
            Assert.True(first >= 0 && last > first, $"no JSON: {Head}\n\n{Body}");
            return JsonSerializer.Deserialize<JsonElement>(Body.AsSpan(first, last - first + 1));
        }
    }
}
