using Ncn.Simulation.Consensus;

namespace Ncn.Simulation.Tests;

public sealed class BytesTests
{
    [Fact]
    public void Honest_frames_are_read_as_they_were_meant_and_nothing_is_taken_that_nobody_signed()
    {
        var outcomes = Enumerable.Range(1, 4).Select(static seed => BytesCampaign.Run((ulong)seed, 2_000)).ToArray();

        Assert.All(outcomes, static outcome => Assert.True(outcome.Violation is null, $"{outcome.Violation?.Message}; ./ncn sim --bytes 4 shows it"));
        Assert.True(outcomes.Sum(static outcome => outcome.Taken) > 2_000 && outcomes.Sum(static outcome => outcome.Refused) > 100, $"{string.Join(", ", outcomes.AsEnumerable())}: the campaign tests too little");
    }

    [Theory]
    [InlineData(FrameFault.Believes, FrameDesk.OnlySigned)]
    [InlineData(FrameFault.ReadsLess, FrameDesk.SameMessage)]
    internal void A_fault_in_the_reading_is_found(FrameFault fault, string invariant) =>
        Assert.Contains(Enumerable.Range(1, 4), seed => BytesCampaign.Run((ulong)seed, 2_000, fault).Violation?.Invariant == invariant);
}
