using Ncn.ComputeWorker.Evidence;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.ComputeWorker.Tests.Evidence;

/// <summary>What is kept is bounded in bytes and in time, and is there after a restart.</summary>
public sealed class EvidenceFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ncn-evidence-").FullName;
    private readonly SetTime _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_oldest_goes_when_there_is_too_much()
    {
        EvidenceFiles files = Open(1_600);
        for (byte number = 0; number < 40; number++)
        {
            files.Keep(Receipt(number), new byte[100]);
            Assert.True(Bytes() <= 1_600);
        }

        Assert.Null(files.Find(Receipt(0)));
        Assert.All(Enumerable.Range(25, 15), number => Assert.Equal(100, files.Find(Receipt((byte)number))?.Length));
        files.Keep(Receipt(50), new byte[101]); // More than a folder takes.
        Assert.Null(files.Find(Receipt(50)));
    }

    // A gateway can ask for one very long answer: it must not cost the node what it keeps of all others.
    [Fact]
    public void What_is_too_long_to_be_kept_makes_no_room_for_itself()
    {
        EvidenceFiles files = Open(1_600);
        for (byte number = 0; number < 16; number++)
        {
            files.Keep(Receipt(number), new byte[100]);
        }

        files.Keep(Receipt(50), new byte[5_000]);
        Assert.All(Enumerable.Range(0, 16), number => Assert.NotNull(files.Find(Receipt((byte)number))));
    }

    [Fact]
    public void What_is_too_old_goes_also_after_a_restart()
    {
        Open(1_600).Keep(Receipt(1), [1]);
        _time.Now += TimeSpan.FromHours(1);
        Assert.Equal([1], Open(1_600).Find(Receipt(1)));
        Open(1_600).Keep(Receipt(2), [2]);
        _time.Now += TimeSpan.FromMinutes(30);
        EvidenceFiles files = Open(1_600);
        Assert.Null(files.Find(Receipt(1)));
        Assert.Equal([2], files.Find(Receipt(2)));
        _time.Now += TimeSpan.FromHours(1);
        Assert.Null(files.Find(Receipt(2)));
        Assert.Equal(0, Bytes());
    }

    private EvidenceFiles Open(long bytes) => new(_folder, new EvidenceLimits(bytes, TimeSpan.FromMinutes(80)), _time);

    private long Bytes() => new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length);

    private static Hash32 Receipt(byte number) => Keccak256.Of([number]);

    private sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
