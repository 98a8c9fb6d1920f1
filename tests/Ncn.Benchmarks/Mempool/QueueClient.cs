using System.Net;
using System.Net.Sockets;

namespace Ncn.Benchmarks.Mempool;

/// <summary>
/// One connection to a queue that keeps a number of requests under way: it sends so many at once, waits for all their answers, and goes on.
/// </summary>
internal abstract class QueueClient : IDisposable
{
    /// <summary>What one job carries, bytes: id and content.</summary>
    public const int JobSize = 128;

    private readonly Socket _socket;
    private readonly byte[] _in = new byte[64 * 1024];

    protected QueueClient(int port)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(IPAddress.Loopback, port);
    }

    /// <summary>Puts jobs in, the first of which has this number.</summary>
    public abstract void Push(int first, int count);

    /// <summary>Takes jobs out.</summary>
    public abstract void Pop(int count);

    public void Dispose() => _socket.Dispose();

    protected void Send(ReadOnlySpan<byte> bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += _socket.Send(bytes[sent..]);
        }
    }

    /// <summary>Reads answers that are so many lines together.</summary>
    protected void ReceiveLines(int lines)
    {
        while (lines > 0)
        {
            Span<byte> some = Receive();
            if (some.Contains((byte)'-') && some.IndexOf("-ERR"u8) >= 0)
            {
                throw new BenchmarkFailedException(System.Text.Encoding.ASCII.GetString(some[..Math.Min(200, some.Length)]));
            }

            lines -= some.Count((byte)'\n');
        }
    }

    /// <summary>Reads answers that are so many bytes together.</summary>
    protected void Receive(Span<byte> whole)
    {
        while (whole.Length > 0)
        {
            int some = _socket.Receive(whole);
            whole = some > 0 ? whole[some..] : throw new BenchmarkFailedException("the queue hung up");
        }
    }

    private Span<byte> Receive()
    {
        int some = _socket.Receive(_in);
        return some > 0 ? _in.AsSpan(0, some) : throw new BenchmarkFailedException("the queue hung up");
    }

    /// <summary>A job's number in sixteen hex digits, which make its id what it is.</summary>
    protected static void WriteNumber(Span<byte> to, int number)
    {
        for (int i = 15; i >= 0; i--, number >>= 4)
        {
            to[i] = "0123456789abcdef"u8[number & 15];
        }
    }

    /// <summary>A job's fee, the same for every queue: spread over three digits.</summary>
    protected static int FeeOf(int number) => (int)((((ulong)number * 2_654_435_761) >> 16) % 1000);
}
