using System.Diagnostics;

namespace Ncn.Benchmarks.Mempool;

/// <summary>A number of connections that work side by side, each with its own thread.</summary>
internal sealed class QueueLoad(IReadOnlyList<QueueClient> clients, int depth) : IDisposable
{
    /// <summary>Puts so many jobs in, numbered from one on; returns jobs a second.</summary>
    public double Push(int jobs, int from = 0) => Run(jobs, (client, number, count) => client.Push(from + number, count));

    /// <summary>Takes so many jobs out; returns jobs a second.</summary>
    public double Pop(int jobs) => Run(jobs, static (client, _, count) => client.Pop(count));

    /// <summary>Says that the jobs that were taken out are done; returns jobs a second.</summary>
    public double End(int jobs)
    {
        long begun = Stopwatch.GetTimestamp();
        InParallel(index => ((PoolClient)clients[index]).End());
        return jobs / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    public void Dispose()
    {
        foreach (QueueClient client in clients)
        {
            client.Dispose();
        }
    }

    private double Run(int jobs, Action<QueueClient, int, int> act)
    {
        int share = jobs / clients.Count;
        long begun = Stopwatch.GetTimestamp();
        InParallel(index =>
        {
            for (int done = 0; done < share; done += depth)
            {
                act(clients[index], (index * share) + done, Math.Min(depth, share - done));
            }
        });
        return share * clients.Count / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private void InParallel(Action<int> act)
    {
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, clients.Count).Select(index => new Thread(() =>
        {
            try
            {
                act(index);
            }
            catch (Exception exception) when (exception is System.Net.Sockets.SocketException or BenchmarkFailedException)
            {
                failure = exception;
            }
        }))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        if (failure is not null)
        {
            throw new BenchmarkFailedException(failure.Message);
        }
    }
}
