using System.Runtime.CompilerServices;
using Ncn.Consensus.Tests.Network;
using Ncn.Consensus.Wire;

namespace Ncn.Consensus.Tests.Wire;

/// <summary>The bytes of one of everything are those of the golden file. To change the form, run with NCN_WRITE_GOLDEN=1 and raise the version.</summary>
public sealed class GoldenTests
{
    [Fact]
    public void Every_form_has_its_golden_bytes()
    {
        var now = WireSample.Frames().Select(static frame => $"{frame.Name} {Convert.ToHexStringLower(frame.Frame)}").ToArray();
        if (Environment.GetEnvironmentVariable("NCN_WRITE_GOLDEN") == "1")
        {
            File.WriteAllLines(Path.Combine(Path.GetDirectoryName(Source())!, "wire.golden"), now);
        }

        Assert.Equal(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Wire", "wire.golden")), now);
    }

    [Fact]
    public void Every_golden_frame_is_read_and_written_back()
    {
        foreach (var (name, frame) in WireSample.Frames())
        {
            Assert.True(Again(frame) is { } again && again.AsSpan().SequenceEqual(frame), name);
        }
    }

    /// <summary>What is read, written again; null when it cannot be read.</summary>
    internal static byte[]? Again(byte[] frame)
    {
        if (WireForm.TryRead(frame, Sample.NetworkSalt, out var message, out _))
        {
            return WireForm.Write(message, Sample.NetworkSalt);
        }

        return RowForm.TryRead(frame, Sample.NetworkSalt, static _ => WireSample.Set, out var row, out _) ? RowForm.Write(row, Sample.NetworkSalt) : null;
    }

    private static string Source([CallerFilePath] string path = "") => path;
}
