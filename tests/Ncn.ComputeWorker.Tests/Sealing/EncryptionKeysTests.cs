using Microsoft.Extensions.Logging.Abstractions;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.Sealing;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.ComputeWorker.Tests.Sealing;

/// <summary>The keys for sealed requests: kept, replaced with an overlap, shown to nobody; and what makes a request run once.</summary>
public sealed class EncryptionKeysTests : IDisposable
{
    private const ulong Second = 1000;
    private readonly string _folder = Directory.CreateTempSubdirectory("ncn-sealing-").FullName;
    private readonly SetTime _time = new();

    private string KeyPath => Path.Combine(_folder, "made", "node-1.sealing");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_first_start_makes_a_key_that_its_owner_alone_can_read_and_that_stays()
    {
        HpkePublicKey first = Open().Current;
        Assert.Equal(first, Open().Current);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyPath));
            File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.GroupRead);
            Assert.Contains("chmod 600", Assert.Throws<InvalidOperationException>(Open).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_replaced_key_opens_for_an_hour_more_and_then_leaves_the_disk_with_the_next()
    {
        using EncryptionKeys keys = Open();
        HpkePublicKey first = keys.Current;
        _time.Now += TimeSpan.FromHours(24);
        HpkePublicKey second = keys.Current;
        Assert.NotEqual(first, second);
        Assert.NotNull(keys.Find(first.KeyId.Span));
        Assert.NotNull(Open().Find(first.KeyId.Span));
        _time.Now += TimeSpan.FromMinutes(60);
        Assert.Null(keys.Find(first.KeyId.Span));
        Assert.NotNull(keys.Find(second.KeyId.Span));
        _time.Now += TimeSpan.FromHours(24);
        _ = keys.Current;
        Assert.Equal(2, File.ReadAllLines(KeyPath).Length);
        Assert.Null(Open().Find(first.KeyId.Span));
        Assert.Null(keys.Find([]));
    }

    [Fact]
    public void A_key_that_cannot_be_replaced_serves_on_until_it_can()
    {
        using EncryptionKeys keys = Open();
        HpkePublicKey first = keys.Current;
        string blocked = Directory.CreateDirectory(KeyPath + ".next").FullName;
        _time.Now += TimeSpan.FromHours(25);
        Assert.Equal(first, keys.Current);
        Assert.NotNull(keys.Find(first.KeyId.Span));
        Directory.Delete(blocked);
        _time.Now += TimeSpan.FromMinutes(1);
        Assert.NotEqual(first, keys.Current);
        Assert.NotNull(keys.Find(first.KeyId.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x00 1")]
    [InlineData("nonsense")]
    [InlineData("0x1111111111111111111111111111111111111111111111111111111111111111")]
    public void A_file_that_is_none_of_ours_is_refused_without_its_content(string content)
    {
        _ = Open();
        File.WriteAllText(KeyPath, content);
        string message = Assert.Throws<InvalidOperationException>(Open).Message;
        Assert.Contains(KeyPath, message, StringComparison.Ordinal);
        Assert.True(content.Length < 8 || !message.Contains(content, StringComparison.Ordinal));
    }

    [Fact]
    public void A_request_is_taken_once_while_it_is_fresh()
    {
        const ulong Start = 1_000_000 * Second;
        var seen = new SeenRequests(Start, capacity: 2);
        HexBytes one = new([1]), two = new([2]), three = new([3]);
        seen.Take(one, Start + 1, Start + 2);
        Assert.Contains("taken before", Refusal(() => seen.Take(one, Start + 1, Start + 3)), StringComparison.Ordinal);
        seen.GiveBack(one);
        seen.Take(one, Start + 1, Start + 4);
        Assert.Contains("before this node started", Refusal(() => seen.Take(two, Start - 1, Start)), StringComparison.Ordinal);
        Assert.Contains("700 s ahead", Refusal(() => seen.Take(two, Start + (700 * Second), Start)), StringComparison.Ordinal);
        Assert.Contains("700 s ago", Refusal(() => seen.Take(two, Start, Start + (700 * Second))), StringComparison.Ordinal);
        seen.Take(two, Start + 5, Start + 5);
        Assert.Equal(JobRefusalReason.Busy, Assert.Throws<JobRefusedException>(() => seen.Take(three, Start + 5, Start + 5)).Reason);
        ulong later = Start + (2 * SeenRequests.Window) + 10;
        seen.Take(three, later, later);
        Assert.Contains("s ago", Refusal(() => seen.Take(one, Start + 1, later)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_given_back_takes_no_room()
    {
        const ulong Start = 1_000_000 * Second;
        var seen = new SeenRequests(Start, capacity: 2);
        for (byte i = 0; i < 10; i++)
        {
            HexBytes unpaid = new([i]);
            seen.Take(unpaid, Start, Start);
            seen.GiveBack(unpaid);
        }

        seen.Take(new HexBytes([100]), Start, Start);
    }

    private EncryptionKeys Open() => new(new EncryptionKeyFile(KeyPath), TimeSpan.FromHours(24), _time, NullLogger<EncryptionKeys>.Instance);

    private static string Refusal(Action act) => Assert.Throws<JobRefusedException>(act).Message;

    private sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(60);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
