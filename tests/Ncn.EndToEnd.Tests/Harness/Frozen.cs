using System.Diagnostics;
using System.Globalization;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>A process that does not go on until this is disposed.</summary>
internal sealed class Frozen : IDisposable
{
    private readonly int processId;

    public Frozen(int processId)
    {
        this.processId = processId;
        Assert.Equal(0, Signal("-STOP"));
    }

    // It may have been killed meanwhile, and then there is nothing to thaw.
    public void Dispose() => _ = Signal("-CONT");

    private int Signal(string name)
    {
        using var kill = Process.Start(new ProcessStartInfo("kill", [name, processId.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true })!;
        kill.WaitForExit();
        return kill.ExitCode;
    }
}
