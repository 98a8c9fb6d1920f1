using System.Diagnostics;
using Ncn.Protocol;
using Ncn.Validator.Durable;
using Ncn.Validator.Signing;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests.Signing;

/// <summary>A key signs nothing that its file does not allow, whatever happens to the process, the disk and the file.</summary>
public sealed class SigningGuardTests
{
    private const string Path = "/keys/validator.guard";

    [Fact]
    public void What_contradicts_a_row_is_refused_and_the_same_again_is_signed_again()
    {
        var disk = NewDisk();
        using var guard = Open(disk);
        var first = Assert.Single(guard.Sign([Sample.Notarize(1)]));
        var writes = disk.Steps.Count;

        Assert.Equal(first, Assert.Single(guard.Sign([Sample.Notarize(1)])));
        Assert.Equal(writes, disk.Steps.Count);
        Assert.Null(Assert.Single(guard.Sign([Sample.Notarize(1, block: 2)])));
        Assert.Null(Assert.Single(guard.Sign([Sample.Finalize(1, block: 2)])));
        Assert.NotNull(Assert.Single(guard.Sign([Sample.Nullify(1)])));
        Assert.Null(Assert.Single(guard.Sign([Sample.Finalize(1)])));
        Assert.True(new Signed<Vote>(Sample.Notarize(1), first!.Value).IsSignedBy(guard.Key, Sample.Domains.Votes));
    }

    [Fact]
    public void Contradictions_in_one_batch_are_refused_and_a_batch_is_one_write()
    {
        var disk = NewDisk();
        using var guard = Open(disk);
        disk.Steps.Clear();
        var signed = guard.Sign([Sample.Notarize(1), Sample.Notarize(1, block: 2), Sample.Notarize(2), Sample.Finalize(1)]);

        Assert.Equal([true, false, true, true], signed.Select(static signature => signature is not null));
        Assert.Equal([$"write {Path}", $"sync {Path}"], disk.Steps);
    }

    [Fact]
    public void A_checkpoint_is_higher_than_all_before_or_the_same_again()
    {
        using var guard = Open(NewDisk());
        var first = guard.Sign(Sample.Checkpoint(10));
        Assert.NotNull(first);
        Assert.Equal(first, guard.Sign(Sample.Checkpoint(10)));
        Assert.Null(guard.Sign(Sample.Checkpoint(10, block: 2)));
        Assert.Null(guard.Sign(Sample.Checkpoint(9)));
        Assert.NotNull(guard.Sign(Sample.Checkpoint(11)));
    }

    [Fact]
    public void Votes_and_checkpoints_are_not_signed_as_messages()
    {
        using var guard = Open(NewDisk());
        Assert.Throws<ArgumentException>(() => guard.SignMessage(Sample.Notarize(1)));
        Assert.Throws<ArgumentException>(() => guard.SignMessage(Sample.Checkpoint(1)));
    }

    [Theory]
    [InlineData(Leftover.Nothing)]
    [InlineData(Leftover.Everything)]
    [InlineData(Leftover.Torn)]
    public void A_crash_at_any_step_leaves_a_guard_that_knows_every_signature_that_left(Leftover leftover)
    {
        for (var crashAt = 0; ; crashAt++)
        {
            var disk = NewDisk();
            disk.CrashAt = disk.Steps.Count + crashAt;
            var (signed, marks) = (new List<Vote>(), new List<Checkpoint>());
            var isDone = SignMuch(disk, signed, marks);

            using var again = Open(disk.AfterCrash(leftover));
            foreach (var vote in signed.Where(vote => vote.View > again.Signed.Floor && vote.Epoch == again.Signed.Epoch))
            {
                Assert.True(again.Signed.Has(vote), $"crash at step {crashAt}: {vote} left and is not in the guard");
                Assert.Null(Assert.Single(again.Sign([vote with { BlockHash = Sample.Word(99), Kind = VoteKind.Notarize }])));
            }

            Assert.True(marks.Count == 0 || again.Signed.Mark!.Height >= marks[^1].Height, $"crash at step {crashAt}: the mark fell");
            if (isDone)
            {
                Assert.True(crashAt > 20);
                return;
            }
        }
    }

    [Fact]
    public void A_new_file_is_there_whole_or_not_at_all_and_its_folder_is_synced()
    {
        var disk = new FaultyDisk();
        SigningGuard.Create(disk, Path, Sample.Signer(1).Address, Sample.Domains);
        Assert.Equal([$"create {Path}.partial", $"write {Path}.partial", $"sync {Path}.partial", $"rename {Path}", "sync folder /keys"], disk.Steps);
        Assert.Throws<GuardRefusedException>(() => SigningGuard.Create(disk, Path, Sample.Signer(1).Address, Sample.Domains));
    }

    [Fact]
    public void A_missing_file_an_older_one_and_another_ones_are_refused_in_words_that_say_what_to_do()
    {
        var missing = Assert.Throws<GuardRefusedException>(() => Open(new FaultyDisk()));
        Assert.Contains("is missing", missing.Message, StringComparison.Ordinal);
        Assert.Contains("retire it", missing.Message, StringComparison.Ordinal);

        var disk = NewDisk();
        var backup = disk.Backup();
        Open(disk).Dispose();
        Open(disk).Dispose();
        var older = Assert.Throws<GuardRefusedException>(() => Open(backup, lastIncarnation: 2));
        Assert.Contains("older copy", older.Message, StringComparison.Ordinal);

        Assert.Contains("belong together", Assert.Throws<GuardRefusedException>(() => Open(NewDisk(), key: 2)).Message, StringComparison.Ordinal);
        var other = Sample.Domains with { Votes = Eip712Domain.Consensus(1, Sample.Registry, Sample.Salt) };
        Assert.Contains("another network", Assert.Throws<GuardRefusedException>(() => SigningGuard.Open(NewDisk(), Path, Sample.Signer(1), other, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_file_is_let_go()
    {
        var disk = NewDisk();
        Assert.Throws<GuardRefusedException>(() => Open(disk, key: 2));
        Open(disk).Dispose();
    }

    [Fact]
    public void A_damaged_row_with_rows_behind_it_is_refused_and_a_torn_last_one_is_cut_off()
    {
        var disk = NewDisk();
        using (var guard = Open(disk))
        {
            guard.Sign([Sample.Notarize(1)]);
            guard.Sign([Sample.Notarize(2)]);
        }

        var length = disk.LengthOf(Path);
        var damaged = disk.Backup();
        damaged.Damage(Path, length - 110);
        Assert.Contains("is damaged", Assert.Throws<GuardRefusedException>(() => Open(damaged)).Message, StringComparison.Ordinal);

        var torn = disk.Backup();
        torn.Damage(Path, length - 1);
        using var again = Open(torn);
        Assert.True(again.Signed.Has(Sample.Notarize(1)));
        Assert.False(again.Signed.Has(Sample.Notarize(2)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Another_writer_is_found_out_before_the_next_signature(bool isBehindTheRoom)
    {
        var disk = NewDisk();
        using var guard = Open(disk);
        using var intruder = disk.Open(Path);
        intruder.Write(isBehindTheRoom ? intruder.Length : disk.LengthOf(Path), [1, 2, 3]);
        Assert.Throws<DamagedFileException>(() => guard.Sign([Sample.Notarize(1)]));
    }

    [Fact]
    public void A_row_goes_where_zeros_were_written_before()
    {
        var disk = NewDisk();
        using var guard = Open(disk);
        using var file = disk.Open(Path);
        var length = file.Length;
        for (ulong view = 1; view <= 100; view++)
        {
            guard.Sign([Sample.Notarize(view)]);
        }

        Assert.Equal(length, file.Length);
        Assert.True(length > disk.LengthOf(Path));
    }

    [Fact]
    public void Two_processes_cannot_hold_one_file()
    {
        var folder = Directory.CreateTempSubdirectory("guard-").FullName;
        var path = System.IO.Path.Combine(folder, "validator.guard");
        SigningGuard.Create(LocalDisk.Instance, path, Sample.Signer(1).Address, Sample.Domains);
        using (var guard = SigningGuard.Open(LocalDisk.Instance, path, Sample.Signer(1), Sample.Domains, 0))
        {
            guard.Sign([Sample.Notarize(1)]);
            Assert.Contains("Another process", Assert.Throws<GuardRefusedException>(() => SigningGuard.Open(LocalDisk.Instance, path, Sample.Signer(1), Sample.Domains, 0)).Message, StringComparison.Ordinal);
            Assert.NotEqual(0, TryHold(path));
        }

        Assert.Equal(0, TryHold(path));
        using var again = SigningGuard.Open(LocalDisk.Instance, path, Sample.Signer(1), Sample.Domains, 1);
        Assert.Equal((2UL, true), (again.Incarnation, again.Signed.Has(Sample.Notarize(1))));
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Directory.Delete(folder, recursive: true);
    }

    // util-linux: takes the lock that another process would take.
    private static int TryHold(string path)
    {
        using var process = Process.Start("flock", ["-n", path + ".lock", "true"]);
        process.WaitForExit();
        return process.ExitCode;
    }

    // Everything that a life has: batches, a checkpoint, a floor, a rewriting, the next epoch.
    private static bool SignMuch(FaultyDisk disk, List<Vote> signed, List<Checkpoint> marks)
    {
        try
        {
            using var guard = Open(disk);
            for (ulong view = 1; view <= 6; view++)
            {
                Give(guard, signed, Sample.Notarize(view), Sample.Finalize(view));
                guard.RaiseFloor(1, view - 1);
            }

            marks.AddRange(guard.Sign(Sample.Checkpoint(5)) is null ? [] : [Sample.Checkpoint(5)]);
            guard.Compact();
            Give(guard, signed, Sample.Nullify(7), Sample.Notarize(7));
            Give(guard, signed, Sample.Notarize(1, epoch: 2));
            guard.Compact();
            Give(guard, signed, Sample.Nullify(2, epoch: 2));
            return true;
        }
        catch (CrashException)
        {
            return false;
        }
    }

    private static void Give(SigningGuard guard, List<Vote> signed, params Vote[] votes)
    {
        var signatures = guard.Sign(votes);
        signed.AddRange(votes.Where((_, i) => signatures[i] is not null));
    }

    private static FaultyDisk NewDisk()
    {
        var disk = new FaultyDisk();
        SigningGuard.Create(disk, Path, Sample.Signer(1).Address, Sample.Domains);
        return disk;
    }

    private static SigningGuard Open(FaultyDisk disk, ulong key = 1, ulong lastIncarnation = 0) => SigningGuard.Open(disk, Path, Sample.Signer(key), Sample.Domains, lastIncarnation);
}
