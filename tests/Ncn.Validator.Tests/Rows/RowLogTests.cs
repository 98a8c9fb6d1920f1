using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Durable;
using Ncn.Validator.Engine;
using Ncn.Validator.OnChain;
using Ncn.Validator.Rows;
using Ncn.Validator.Tests.Support;
using Ncn.Verification;
using Sample = Ncn.Validator.Tests.Support.Sample;

namespace Ncn.Validator.Tests.Rows;

/// <summary>What a validator finds in its folder when it starts: files of another version, of another key, of nobody.</summary>
public sealed class RowLogTests
{
    private const string Folder = "/rows";
    private static readonly Address Key = Sample.Signer(1).Address;
    private readonly FaultyDisk _disk = new();

    [Theory]
    [InlineData("state-00000000", 0, "it is of version 0 of its form, and this program reads version 1; the program that wrote it reads it")]
    [InlineData("state-00000000", 2, "it is of version 2 of its form, and this program reads version 1")]
    [InlineData("rows-00000000", 0, "it is of version 0 of its form, and this program reads version 1")]
    public void A_file_of_another_version_is_refused_by_its_name_with_what_to_do(string file, int version, string because)
    {
        RowLog.Create(_disk, Folder, Content()).Dispose();
        FrameFile.Create(_disk, Path.Combine(Folder, file), new byte[] { (byte)version }, "what it meant there"u8.ToArray()).Dispose();

        var refused = Assert.Throws<DamagedFileException>(() => RowLog.Open(_disk, Folder, Sample.Salt));
        Assert.Contains(file, refused.Message, StringComparison.Ordinal);
        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
        Assert.Contains("Move the folder away and start again: the validator takes the ledger from the others, its signing guard stays as it is.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_of_the_verification_of_another_version_is_taken_from_the_others()
    {
        RowLog.Create(_disk, Folder, Content() with { Kept = static () => [1, 2, 3] }).Dispose();
        var content = Opened();
        var fold = new WorkFold(new VerificationPlace(new SubnetId(1), Sample.Registry), new VerificationRules(), static key => key);
        fold.Begin(content.Kept(), content.At with { Height = 5 });
        Assert.Null(fold.State);
        Assert.Equal(content.At.Hash, fold.Lacks);
    }

    [Fact]
    public void How_often_a_key_was_used_says_nothing_of_the_key_that_took_its_place()
    {
        using (var log = RowLog.Create(_disk, Folder, Content() with { Key = Key, Incarnation = 6 }))
        {
            log.Append(Key, 7);
        }

        var (content, other) = (Opened(), Sample.Signer(2).Address);
        Assert.Equal((7UL, 0UL), (content.IncarnationOf(Key), content.IncarnationOf(other)));
        Append(other, 1);
        Assert.Equal((0UL, 1UL), (Opened().IncarnationOf(Key), Opened().IncarnationOf(other)));
    }

    [Fact]
    public void Rows_whose_state_is_gone_are_of_no_use_to_a_later_part()
    {
        FrameFile.Create(_disk, Path.Combine(Folder, "rows-00000001"), new byte[] { 1 }, "of a life before"u8.ToArray()).Dispose();
        RowLog.Create(_disk, Folder, Content()).Dispose();
        Assert.Equal(1UL, Opened().Epoch.Number);
    }

    private void Append(Address key, ulong incarnation)
    {
        using var log = RowLog.Open(_disk, Folder, Sample.Salt)!.Value.Log;
        log.Append(key, incarnation);
    }

    private LogContent Opened()
    {
        var (log, content) = RowLog.Open(_disk, Folder, Sample.Salt)!.Value;
        log.Dispose();
        return content;
    }

    private static LogContent Content() =>
        LogContent.Begin(new EngineSettings(Sample.Salt, Sample.Domains, ConsensusLimits.Default, 100).FirstEpoch(TestCluster.SetOf(1, 2, 3, 4)), LedgerState.Empty);
}
