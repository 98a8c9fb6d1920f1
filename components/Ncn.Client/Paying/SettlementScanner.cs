using System.Buffers;
using Ncn.Payments.X402;

namespace Ncn.Client.Paying;

/// <summary>Finds the settlement in the events of a stream: the member <c>ncn.payment</c> of a <c>data:</c> line.</summary>
internal sealed class SettlementScanner
{
    /// <summary>Longer lines are passed over; the event with the settlement is far shorter.</summary>
    private const int MaxLineBytes = 1024 * 1024;

    private readonly ArrayBufferWriter<byte> line = new();
    private bool tooLong;

    /// <summary>What the last settlement of the stream stated; null when none came.</summary>
    public SettlementExtra? Found { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        for (int end; (end = bytes.IndexOf((byte)'\n')) >= 0; bytes = bytes[(end + 1)..])
        {
            Keep(bytes[..end]);
            Inspect();
            line.ResetWrittenCount();
            tooLong = false;
        }

        Keep(bytes);
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        tooLong |= line.WrittenCount + part.Length > MaxLineBytes;
        if (!tooLong)
        {
            line.Write(part);
        }
    }

    private void Inspect()
    {
        if (tooLong || !line.WrittenSpan.StartsWith("data:"u8) || line.WrittenSpan.IndexOf("\"payment\""u8) < 0)
        {
            return;
        }

        Found = NcnMember.Read(line.WrittenMemory["data:"u8.Length..])?.Payment?.Extra ?? Found;
    }
}
