using System.Globalization;
using System.Text;

namespace Ncn.Benchmarks.Mempool;

/// <summary>Of NATS JetStream: a stream in a file, each message acknowledged.</summary>
internal sealed class JetStreamClient : QueueClient
{
    private readonly byte[] _push;
    private byte[] _out = [];

    public JetStreamClient(int port, int number)
        : base(port)
    {
        string inbox = $"_INBOX.{number.ToString(CultureInfo.InvariantCulture)}";
        _push = Encoding.ASCII.GetBytes($"PUB jobs.text {inbox} {JobSize}\r\n{new string('x', JobSize)}\r\n");
        ReceiveLines(1); // INFO
        Send(Encoding.ASCII.GetBytes($"CONNECT {{\"verbose\":false,\"pedantic\":false,\"lang\":\"bench\",\"version\":\"1\"}}\r\nSUB {inbox} 1\r\nPING\r\n"));
        ReceiveLines(1); // PONG
        if (number == 0)
        {
            const string stream = "{\"name\":\"JOBS\",\"subjects\":[\"jobs.*\"],\"storage\":\"file\",\"retention\":\"workqueue\"}";
            Send(Encoding.ASCII.GetBytes($"PUB $JS.API.STREAM.CREATE.JOBS {inbox} {stream.Length}\r\n{stream}\r\n"));
            ReceiveLines(2); // MSG and its body
        }
    }

    public override void Push(int first, int count)
    {
        if (_out.Length < _push.Length * count)
        {
            _out = new byte[_push.Length * count];
        }

        for (int i = 0; i < count; i++)
        {
            _push.CopyTo(_out.AsSpan(i * _push.Length));
            WriteNumber(_out.AsSpan((i * _push.Length) + _push.Length - JobSize - 2), first + i);
        }

        Send(_out.AsSpan(0, _push.Length * count));
        ReceiveLines(count * 2);
    }

    public override void Pop(int count) => throw new NotSupportedException("only the durable push is compared");
}
