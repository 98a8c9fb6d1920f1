using Ncn.ComputeWorker.Operator;

namespace Ncn.ComputeWorker.Tests.Operator;

public sealed class ContainmentTests
{
    private const string Status = "Name:\tNcn\nUid:\t10001\t10001\t10001\t10001\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";
    private const string Mounts = "22 1 0:21 / / ro,relatime - overlay overlay ro\n23 22 0:22 / /state rw,relatime - ext4 /dev/sda rw\n";
    private static readonly ContainmentFacts Contained = new(Status, "8589934592\n", "512\n", Mounts);

    public static TheoryData<string, ContainmentFacts> Gaps() => new()
    {
        { "root", Contained with { Status = Status.Replace("Uid:\t10001\t", "Uid:\t0\t", StringComparison.Ordinal) } },
        { "gain privileges", Contained with { Status = Status.Replace("NoNewPrivs:\t1", "NoNewPrivs:\t0", StringComparison.Ordinal) } },
        { "capabilities", Contained with { Status = Status.Replace("CapEff:\t0000000000000000", "CapEff:\t00000000a80425fb", StringComparison.Ordinal) } },
        { "seccomp", Contained with { Status = Status.Replace("Seccomp:\t2", "Seccomp:\t0", StringComparison.Ordinal) } },
        { "root file system", Contained with { MountInfo = Mounts.Replace("/ / ro,", "/ / rw,", StringComparison.Ordinal) } },
        { "memory", Contained with { MaxMemory = "max\n" } },
        { "memory", Contained with { MaxMemory = null } },
        { "processes", Contained with { MaxProcesses = "max\n" } },
    };

    [Fact]
    public void A_process_as_the_manifests_make_it_is_contained() => Assert.Empty(Containment.Gaps(Contained));

    [Theory]
    [MemberData(nameof(Gaps))]
    public void What_is_missing_is_named_alone(string words, ContainmentFacts facts) =>
        Assert.Contains(words, Assert.Single(Containment.Gaps(facts)), StringComparison.Ordinal);

    [Fact]
    public void A_kernel_that_says_nothing_proves_nothing() => Assert.Equal(7, Containment.Gaps(new ContainmentFacts(null, null, null, null)).Count);

    [Fact]
    public void This_process_can_be_asked() => Assert.NotNull(Containment.Read().Status);
}
