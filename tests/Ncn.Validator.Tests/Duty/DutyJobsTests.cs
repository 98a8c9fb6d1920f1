using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Validator.Duty;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests.Duty;

/// <summary>What runs beside the looks ends before what it uses.</summary>
public sealed class DutyJobsTests
{
    [Fact]
    public async Task At_the_end_all_are_stopped_and_waited_for()
    {
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        var jobs = new DutyJobs(NullLogger.Instance);
        jobs.Start(new DutyName(false, Sample.Word(1)), default, WorkAsync, CancellationToken.None);
        await begun.Task;
        await jobs.DisposeAsync();
        Assert.True(ended.Task.IsCompleted);

        async Task WorkAsync(CancellationToken stop)
        {
            begun.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, stop);
            }
            finally
            {
                await Task.Yield();
                ended.SetResult();
            }
        }
    }
}
