using System.Text;

namespace Ncn.Benchmarks.Mempool;

/// <summary>Of Redis: a list, which gives what came first, or a sorted set, which gives what pays most, as a mempool does.</summary>
internal sealed class RedisClient(int port, bool isSorted) : QueueClient(port)
{
    private static readonly byte[] SortedPop = "*2\r\n$7\r\nZPOPMAX\r\n$4\r\njobs\r\n"u8.ToArray();
    private static readonly byte[] ListPop = "*2\r\n$4\r\nRPOP\r\n$4\r\njobs\r\n"u8.ToArray();
    private readonly byte[] _push = Encoding.ASCII.GetBytes((isSorted ? "*4\r\n$4\r\nZADD\r\n$4\r\njobs\r\n$3\r\n000\r\n" : "*3\r\n$5\r\nLPUSH\r\n$4\r\njobs\r\n")
        + $"${JobSize}\r\n{new string('x', JobSize)}\r\n");

    private readonly byte[] _pop = isSorted ? SortedPop : ListPop;
    private byte[] _out = [];

    public override void Push(int first, int count)
    {
        Fill(_push, count);
        for (int i = 0; i < count; i++)
        {
            Span<byte> one = _out.AsSpan(i * _push.Length, _push.Length);
            WriteNumber(one[(_push.Length - JobSize - 2)..], first + i);
            if (isSorted)
            {
                int fee = FeeOf(first + i);
                Span<byte> score = one[(_push.Length - JobSize - 2 - "000\r\n$128\r\n".Length)..];
                (score[0], score[1], score[2]) = ((byte)('0' + (fee / 100)), (byte)('0' + (fee / 10 % 10)), (byte)('0' + (fee % 10)));
            }
        }

        Send(_out.AsSpan(0, count * _push.Length));
        ReceiveLines(count);
    }

    public override void Pop(int count)
    {
        Fill(_pop, count);
        Send(_out.AsSpan(0, count * _pop.Length));
        ReceiveLines(count * (isSorted ? 5 : 2));
    }

    private void Fill(byte[] command, int count)
    {
        if (_out.Length < command.Length * count)
        {
            _out = new byte[command.Length * count];
        }

        for (int i = 0; i < count; i++)
        {
            command.CopyTo(_out.AsSpan(i * command.Length));
        }
    }
}
