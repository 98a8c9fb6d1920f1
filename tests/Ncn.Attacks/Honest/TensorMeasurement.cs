using Ncn.Attacks.Nodes;
using Ncn.Inference.Repository;
using Ncn.Inference.Tensors;
using Ncn.Protocol;
using Ncn.Verification.Checks;

namespace Ncn.Attacks.Honest;

/// <summary>Honest answers of a tensor model: alone and merged with others, on one and two threads.</summary>
internal static class TensorMeasurement
{
    private const long Least = 10_000;
    private const long Safety = 8;
    private const int AtOnce = 16;

    /// <summary>The tolerance for each output, from so many requests of one to four rows.</summary>
    public static async Task<PairTolerance> RunAsync(string root, string name, int samples)
    {
        await using ModelRepository single = ModelShelf.Repository(root, threads: 1, name);
        await using ModelRepository pair = ModelShelf.Repository(root, threads: 2, name);
        (TensorModel one, TensorModel two) = (Engine(single, name), Engine(pair, name));
        var largest = one.Signature.Outputs.ToDictionary(output => output.Name, _ => 0L);
        foreach (int[] group in Enumerable.Range(0, samples).Chunk(AtOnce))
        {
            IReadOnlyList<TensorValue>[] requests = [.. group.Select(number => Request(one, number))];
            TensorAnswer[] merged = await Task.WhenAll(requests.Select(request => two.RunAsync(request, [], CancellationToken.None)));
            for (int i = 0; i < requests.Length; i++)
            {
                using TensorAnswer alone = await one.RunAsync(requests[i], [], CancellationToken.None);
                foreach ((TensorValue stated, TensorValue found) in merged[i].Zip(alone))
                {
                    largest[stated.Name] = Math.Max(largest[stated.Name], TensorDistance.Largest(stated, found, relative: 0));
                }

                merged[i].Dispose();
            }
        }

        Console.Error.WriteLine($"  {name}: largest differences in 1e-9: {string.Join(", ", largest.Select(pair => $"{pair.Key} {pair.Value}"))}");
        string provider = single.Models[0].Offer.ExecutionProvider;
        return new PairTolerance(provider, provider, samples)
        {
            Outputs = [.. largest.Select(output => new OutputTolerance(output.Key, Math.Max(Least, Safety * output.Value), Least))],
        };
    }

    private static TensorModel Engine(ModelRepository repository, string name) => (repository.Find(name) as LoadedTensorModel
        ?? throw new InvalidOperationException($"{name} is not served: {string.Join("; ", repository.Failures.Select(failure => failure.Problem))}")).Engine;

    /// <summary>Numbers from 0 to 1 where the model takes floats, small whole ones elsewhere.</summary>
    private static IReadOnlyList<TensorValue> Request(TensorModel model, int number)
    {
        var random = new Random(number);
        int rows = random.Next(1, 5);
        return [.. model.Signature.Inputs.Select(spec =>
        {
            if (!TensorDatatypes.TryParse(spec.Datatype, out TensorDatatype datatype) || datatype is not (TensorDatatype.FP32 or TensorDatatype.INT64 or TensorDatatype.INT32))
            {
                throw new NotSupportedException($"Inputs of {spec.Datatype} are not made here; calibrate with FP32, INT32 or INT64.");
            }

            long[] shape = [.. spec.Shape.Select((size, at) => size < 0 ? (at == 0 ? rows : 1) : size)];
            int elements = (int)shape.Aggregate(1L, static (product, size) => product * size);
            byte[][] values = [.. Enumerable.Range(0, elements).Select(_ => datatype switch
            {
                TensorDatatype.FP32 => BitConverter.GetBytes(random.NextSingle()),
                TensorDatatype.INT64 => BitConverter.GetBytes((long)random.Next(2)),
                _ => BitConverter.GetBytes(random.Next(2)),
            })];
            return new TensorValue(spec.Name, datatype, shape, values.SelectMany(value => value).ToArray());
        })];
    }
}
