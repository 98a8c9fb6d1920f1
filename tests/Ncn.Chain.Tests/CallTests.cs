using System.Reflection;
using System.Text.Json;
using Ncn.Tests.Anvil;
using Ncn.Tests.Escrow;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Tests;

/// <summary>Every typed call against the exported ABI.</summary>
public sealed class CallTests(LocalChain local) : IClassFixture<LocalChain>
{
    [Fact]
    public void Every_call_is_a_function_of_a_contract_with_the_same_parameters_and_results()
    {
        Assert.NotNull(local.Settings);
        var file = File.ReadAllBytes(Path.Combine(Repository.Root, "artifacts", "contracts", "ncn-contracts.json"));
        var functions = (from contract in JsonDocument.Parse(file).RootElement.GetProperty("contracts").EnumerateObject()
                         from entry in contract.Value.GetProperty("abi").EnumerateArray()
                         where entry.GetProperty("type").GetString() == "function"
                         select entry).ToArray();
        var known = functions.Select(entry => $"{entry.GetProperty("name").GetString()}({TypesOf(entry.GetProperty("inputs"))})").ToHashSet();
        var results = functions.ToLookup(
            entry => $"{entry.GetProperty("name").GetString()}({TypesOf(entry.GetProperty("inputs"))})", entry => TypesOf(entry.GetProperty("outputs")));

        foreach (var message in typeof(ChainConnection).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(FunctionMessage))))
        {
            var function = message.GetCustomAttribute<FunctionAttribute>()!;
            var signature = $"{function.Name}({TypesOf(message)})";
            Assert.Contains(signature, known);
            var result = function.DTOReturnType is { } output ? TypesOf(output) : function.ReturnType;
            Assert.True(result is null || results[signature].Contains(result), $"{signature} returns {string.Join(" or ", results[signature])}, not {result}");
        }
    }

    private static string TypesOf(JsonElement parameters) => string.Join(',', parameters.EnumerateArray().Select(parameter =>
        parameter.TryGetProperty("components", out var parts)
            ? $"({TypesOf(parts)}){parameter.GetProperty("type").GetString()!["tuple".Length..]}"
            : parameter.GetProperty("type").GetString()));

    private static string TypesOf(Type tuple) => string.Join(',', tuple.GetProperties()
        .Select(property => (Property: property, Parameter: property.GetCustomAttribute<ParameterAttribute>()))
        .Where(member => member.Parameter is not null).OrderBy(member => member.Parameter!.Order)
        .Select(member => TypeOf(member.Parameter!.Type, member.Property.PropertyType)));

    private static string TypeOf(string type, Type property) => !type.StartsWith("tuple", StringComparison.Ordinal) ? type
        : $"({TypesOf(property.IsGenericType ? property.GetGenericArguments()[0] : property)}){type["tuple".Length..]}";
}
