using System.Diagnostics.CodeAnalysis;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>
/// The one form of each message in bytes: what is read is written back to the same bytes, so there is no second form of anything. Reading
/// gives what the sender claims; signatures are checked by <see cref="WireChecks"/>.
/// </summary>
public static class WireForm
{
    /// <summary>A message of the core in frames, each with its head.</summary>
    public static IEnumerable<byte[]> Write(ConsensusMessage message, Hash32 network) => WireMessage.Of(message).Select(each => Write(each, network));

    /// <summary>A message in one frame.</summary>
    /// <exception cref="ArgumentException">A part is of another epoch, or there is more of it than others read: a fault of this program.</exception>
    public static byte[] Write(WireMessage message, Hash32 network)
    {
        ArgumentNullException.ThrowIfNull(message);
        var payload = new CanonicalWriter();
        switch (message)
        {
            case WireMessage.Ballot ballot:
                VoteForm.Write(payload, ballot.Vote);
                break;
            case WireMessage.Certified certified:
                VoteForm.Write(payload, certified.Certificate);
                break;
            case WireMessage.CheckpointSigned signed:
                VoteForm.Write(payload, signed.Checkpoint);
                break;
            default:
                WriteLong(payload, message);
                break;
        }

        return WireHead.Frame(message.Kind, network, message.Epoch, payload);
    }

    /// <summary>Reads a whole frame. Total: false for anything that this form does not have, whatever the bytes are.</summary>
    /// <param name="network">Salt of the own vote domain.</param>
    /// <param name="reason">What is wrong with it.</param>
    public static bool TryRead(ReadOnlySpan<byte> frame, Hash32 network, [NotNullWhen(true)] out WireMessage? message, [NotNullWhen(false)] out string? reason)
    {
        message = null;
        if (!WireHead.TryRead(frame, network, out var head, out reason))
        {
            return false;
        }

        var reader = new WireReader(frame[WireHead.Size..]);
        reader.Require(reader.Left == head.PayloadBytes, "the frame's length is not what its head says");
        var read = Read(ref reader, head);
        reader.End();
        reason = reader.Reason;
        message = reason is null ? read : null;
        return reason is null;
    }

    private static void WriteLong(CanonicalWriter payload, WireMessage message)
    {
        switch (message)
        {
            case WireMessage.Relayed relayed:
                payload.Number((uint)relayed.Votes.Length);
                foreach (var vote in relayed.Votes)
                {
                    VoteForm.Write(payload, vote);
                }

                break;
            case WireMessage.Proposed proposed:
                BlockForm.Write(payload, proposed.Block);
                AnswerForm.Write(payload.Signature(proposed.LeaderSignature), proposed.Justification);
                break;
            case WireMessage.Operations operations:
                BlockForm.Write(payload, operations.Items);
                break;
            case WireMessage.Asked asked:
                AnswerForm.Write(payload.Number(asked.Number), asked.Epoch, asked.Question);
                break;
            case WireMessage.Answered answered:
                AnswerForm.Write(payload.Number(answered.Number), answered.Answer);
                break;
            default:
                throw new ArgumentException($"A {message.GetType().Name} has no form on the wire.", nameof(message));
        }
    }

    private static WireMessage? Read(ref WireReader reader, WireHead head)
    {
        switch (head.Kind)
        {
            case WireKind.Ballot:
                return new WireMessage.Ballot(VoteForm.Read(ref reader, head.Epoch));
            case WireKind.Relayed:
                return ReadRelayed(ref reader, head.Epoch);
            case WireKind.Certified:
                return new WireMessage.Certified(VoteForm.ReadCertificate(ref reader, head.Epoch));
            case WireKind.Proposed:
                return new WireMessage.Proposed(BlockForm.Read(ref reader, head), reader.Signature(), AnswerForm.ReadCertificates(ref reader, head.Epoch));
            case WireKind.CheckpointSigned:
                return new WireMessage.CheckpointSigned(VoteForm.ReadCheckpoint(ref reader, head.Epoch));
            case WireKind.Operations:
                return new WireMessage.Operations(head.Epoch, BlockForm.ReadOperations(ref reader, WireLimits.RelayedOperations));
            case WireKind.Asked:
                return new WireMessage.Asked(head.Epoch, reader.Number(), AnswerForm.ReadQuestion(ref reader, head.Epoch));
            case WireKind.Answered:
                return new WireMessage.Answered(head.Epoch, reader.Number(), AnswerForm.ReadAnswer(ref reader, head));
            default:
                reader.Fail("a frame of this kind is not sent to others");
                return null;
        }
    }

    private static WireMessage.Relayed ReadRelayed(ref WireReader reader, ulong epoch)
    {
        var votes = reader.Items(
            WireLimits.RelayedVotes, WireLimits.VoteBytes + 1 + Signature.Size, "votes", (ref WireReader vote) => VoteForm.Read(ref vote, epoch));
        reader.Require(VoteForm.AreAscending(votes), "votes are not in order, or one is there twice");
        return new WireMessage.Relayed(epoch, votes);
    }
}
