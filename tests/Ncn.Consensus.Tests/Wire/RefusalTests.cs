using System.Collections.Immutable;
using Ncn.Consensus.Tests.Network;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Wire;

/// <summary>What has a second form, or is too much, is not read; the reason says what it was.</summary>
public sealed class RefusalTests
{
    private static readonly ImmutableDictionary<string, byte[]> Frames = WireSample.Frames().ToImmutableDictionary(static frame => frame.Name, static frame => frame.Frame);

    [Theory]
    [InlineData("ballot", 0, 2, "version 2")]
    [InlineData("ballot", 1, 9, "unknown")]
    [InlineData("ballot", 1, 65, "unknown or too long|not sent")]
    [InlineData("ballot", 2, 1, "too long")]
    [InlineData("ballot", 6, 1, "another network")]
    [InlineData("ballot", WireHead.Size + 8, 4, "malformed")]
    [InlineData("ballot", WireHead.Size + 8, 2, "malformed")]
    [InlineData("ballot", WireHead.Size + 41, 100, "place")]
    [InlineData("ballot", WireHead.Size + 42 + 64, 29, "canonical")]
    [InlineData("ballot", WireHead.Size + 42 + 32, 0xFF, "canonical")]
    [InlineData("certified", WireHead.Size + 41, 0x10, "out of range")]
    [InlineData("certified", WireHead.Size + 41 + 12, 0x1F, "too early")]
    [InlineData("certified", WireHead.Size + 41 + 12, 0x07, "behind the end")]
    [InlineData("certified", WireHead.Size + 41 + 12, 0x00, "out of range")]
    [InlineData("proposed", WireHead.Size + 56, 4, "kind")]
    [InlineData("ask-part", WireHead.Size + 8, 9, "kind")]
    [InlineData("ask-part", WireHead.Size + 8 + 1 + 32 + 2, 0xFF, "above")]
    [InlineData("answer-nothing", WireHead.Size + 8, 9, "kind")]
    public void A_changed_byte_is_refused_by_name(string name, int at, int value, string reason)
    {
        byte[] frame = [.. Frames[name]];
        frame[at] = (byte)value;
        Assert.False(WireForm.TryRead(frame, Sample.NetworkSalt, out _, out var said));
        Assert.Contains(reason.Split('|'), part => said.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public void A_view_of_zero_or_beyond_arithmetic_is_refused()
    {
        foreach (var view in new ulong[] { 0, ulong.MaxValue })
        {
            var vote = new Vote(VoteKind.Nullify, 1, view, default);
            Refuse(new WireMessage.Ballot(new ClaimedVote(vote, 0, WireSample.Keys[0].Sign(vote, WireSample.Consensus).Signature)), "malformed");
        }
    }

    [Fact]
    public void Votes_and_certificates_out_of_order_or_twice_are_refused()
    {
        var (first, second) = (ClaimedVote.Of(WireSample.Vote(0, VoteKind.Nullify, 1)), ClaimedVote.Of(WireSample.Vote(1, VoteKind.Nullify, 1)));
        Refuse(new WireMessage.Relayed(1, [second, first]), "in order");
        Refuse(new WireMessage.Relayed(1, [first, first]), "twice");
        var certificate = WireSample.Certificate(VoteKind.Nullify, 1).ToCertificate();
        Refuse(new WireMessage.Answered(1, 1, new Answer.Certificates([certificate, certificate])), "twice");
    }

    [Fact]
    public void More_than_a_frame_holds_is_refused()
    {
        var operation = ClaimedOperation.Of(WireSample.Operations[7]);
        Refuse(new WireMessage.Operations(1, [.. Enumerable.Repeat(operation, WireLimits.RelayedOperations + 1)]), "more operations");
        var block = ClaimedBlock.Of(WireSample.Block(1));
        Refuse(new WireMessage.Answered(1, 1, new Answer.Blocks([.. Enumerable.Repeat(block, WireLimits.Blocks + 1)])), "more blocks");
        var certificates = Enumerable.Range(1, WireLimits.Justification + 1).Select(static view => WireSample.Certificate(VoteKind.Nullify, (ulong)view).ToCertificate());
        Refuse(new WireMessage.Answered(1, 1, new Answer.Certificates([.. certificates])), "more certificates");
        var set = new ClaimedOperation(new Operation.ObserveSet(1, [.. Enumerable.Repeat(WireSample.Set.Members[0], ValidatorSet.Most)]), default);
        Refuse(new WireMessage.Proposed(block with { Operations = [.. Enumerable.Repeat(set, 300)] }, WireSample.Checkpoint().Signature, []), "longer than");
    }

    [Fact]
    public void A_count_that_the_bytes_cannot_hold_allocates_nothing()
    {
        byte[] frame = [.. Frames["operations"]];
        (frame[WireHead.Size + 2], frame[WireHead.Size + 3]) = (4, 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(WireForm.TryRead(frame, Sample.NetworkSalt, out _, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_096);
    }

    [Fact]
    public void An_operation_without_an_author_is_refused() =>
        Refuse(new WireMessage.Operations(1, [new ClaimedOperation(new Operation.RetireNode(default, 1), WireSample.Operations[0].Signature)]), "no author");

    [Fact]
    public void Every_operation_that_there_is_has_a_form()
    {
        var all = typeof(Operation).GetNestedTypes().Where(static type => type.IsSubclassOf(typeof(Operation)));
        Assert.Equal(all.Select(static type => type.Name).Order(), WireSample.Operations.Select(static operation => operation.Operation.GetType().Name).Order());
    }

    [Fact]
    public void Operations_of_the_http_api_are_read_by_kind_and_content()
    {
        foreach (var operation in WireSample.Operations)
        {
            var message = SignedOperation.Message(operation.Operation);
            var read = OperationForm.Read(message.Kind, message.Content.Span)!;
            Assert.Equal(message, SignedOperation.Message(read));
            Assert.Null(OperationForm.Read(message.Kind, [.. message.Content.Span, 0]));
            Assert.Null(OperationForm.Read(message.Kind, message.Content.Span[1..]));
        }

        Assert.Null(OperationForm.Read(0, []));
    }

    private static void Refuse(WireMessage message, string reason)
    {
        Assert.False(WireForm.TryRead(WireForm.Write(message, Sample.NetworkSalt), Sample.NetworkSalt, out _, out var said));
        Assert.Contains(reason, said, StringComparison.Ordinal);
    }
}
