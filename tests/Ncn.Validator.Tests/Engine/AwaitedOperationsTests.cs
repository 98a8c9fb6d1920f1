using Ncn.Consensus;
using Ncn.Validator.Engine;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests.Engine;

/// <summary>Who waits for an operation is told when it is final, whoever else waits for it.</summary>
public sealed class AwaitedOperationsTests
{
    [Fact]
    public async Task Who_gives_up_takes_nobody_elses_wait_away()
    {
        var awaited = new AwaitedOperations();
        var operation = SignedOperation.Trust(new Operation.AnnounceNode(Sample.Signer(1).Address, 1, Sample.Word(2)), default);
        using var impatient = new CancellationTokenSource();
        var (short_, @long) = (awaited.FinalAsync(operation.Hash, impatient.Token), awaited.FinalAsync(operation.Hash, CancellationToken.None));
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => short_);

        awaited.Decided(BlockOf(operation));
        await @long.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static Block BlockOf(SignedOperation operation) =>
        Block.Of(new BlockHeader(Sample.Salt, 1, 1, 0, default, 1, BlockKind.Normal, 0, Block.BodyRoot([operation]), default, default), [operation])!;
}
