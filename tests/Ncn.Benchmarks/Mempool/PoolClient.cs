using Ncn.Protocol;

namespace Ncn.Benchmarks.Mempool;

/// <summary>Of our own pool.</summary>
internal sealed class PoolClient(int port) : QueueClient(port)
{
    private const int Payers = 64;
    private const int Answer = PoolWire.PoppedHead + JobSize - Hash32.Size;
    private readonly List<byte[]> _popped = [];
    private byte[] _out = [];

    public override void Push(int first, int count)
    {
        Span<byte> id = stackalloc byte[Hash32.Size];
        Span<byte> payer = stackalloc byte[Address.Size];
        Span<byte> content = stackalloc byte[JobSize - Hash32.Size];
        content.Fill((byte)'x');
        Span<byte> answers = stackalloc byte[count];
        EnsureOut(count * (PoolWire.PushHead + content.Length));
        int length = 0;
        for (int i = 0; i < count; i++)
        {
            WriteNumber(id[16..], first + i);
            payer[19] = (byte)((first + i) % Payers);
            length += PoolWire.WritePush(_out.AsSpan(length), id, payer, (ulong)FeeOf(first + i), long.MaxValue, content);
        }

        Send(_out.AsSpan(0, length));
        Receive(answers);
        if (answers.ContainsAnyExcept((byte)0))
        {
            throw new BenchmarkFailedException("the pool did not take a job");
        }
    }

    public override void Pop(int count)
    {
        EnsureOut(count);
        _out.AsSpan(0, count).Fill(PoolWire.Pop);
        Send(_out.AsSpan(0, count));
        byte[] answers = new byte[count * Answer];
        Receive(answers);
        _popped.Add(answers);
    }

    /// <summary>Says of the jobs that were taken out before that they are done.</summary>
    public void End()
    {
        foreach (byte[] answers in _popped)
        {
            int count = answers.Length / Answer;
            EnsureOut(count * PoolWire.EndSize);
            for (int i = 0; i < count; i++)
            {
                _out[i * PoolWire.EndSize] = PoolWire.End;
                answers.AsSpan((i * Answer) + 1, Hash32.Size).CopyTo(_out.AsSpan((i * PoolWire.EndSize) + 1));
            }

            Send(_out.AsSpan(0, count * PoolWire.EndSize));
            Receive(answers.AsSpan(0, count));
        }

        _popped.Clear();
    }

    private void EnsureOut(int size)
    {
        if (_out.Length < size)
        {
            _out = new byte[size];
        }
    }
}
