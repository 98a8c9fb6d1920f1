// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ConsensusRules} from "../../src/registry/ConsensusRules.sol";
import {IConsensus} from "../../src/registry/IConsensus.sol";
import {IDisputes} from "../../src/registry/IDisputes.sol";
import {IValidatorRegistry} from "../../src/registry/IValidatorRegistry.sol";
import {Test} from "../support/Test.sol";

/// @notice The registry's digests are those that an independent library wrote into the golden file.
contract RegistryGoldenTest is Test {
    string private json;
    ConsensusRules private rules;
    bytes private code;

    function setUp() public {
        json = vm.readFile("test/golden/typed-data.json");
        IValidatorRegistry registry = newRegistry();
        rules = ConsensusRules(registry.RULES());
        code = address(registry).code;
    }

    function test_Vote() public {
        _checkAll("Vote", 2);
    }

    function test_Checkpoint() public {
        _checkAll("Checkpoint", 1);
    }

    function test_ConsensusKey() public {
        _checkAll("ConsensusKey", 1);
    }

    function test_ChannelStatement() public {
        _checkAll("ChannelStatement", 1);
    }

    function _checkAll(string memory kind, uint256 expectedCases) private {
        uint256 checked = 0;
        for (uint256 i = 0; vm.keyExistsJson(json, _case(i)); ++i) {
            string memory path = _case(i);
            if (!_same(vm.parseJsonString(json, string.concat(path, ".type")), kind)) continue;
            bytes32 expected = vm.parseJsonBytes32(json, string.concat(path, ".digest"));
            vm.assertEq(_digest(kind, path), expected, path);
            ++checked;
        }
        vm.assertEq(checked, expectedCases, "cases");
    }

    /// @dev On the chain and at the address that the case is signed for.
    function _digest(string memory kind, string memory path) private returns (bytes32) {
        vm.chainId(_uint(path, ".domain.chainId"));
        address target = vm.parseJsonAddress(json, string.concat(path, ".domain.verifyingContract"));
        vm.etch(target, code);
        if (_same(kind, "ConsensusKey")) {
            address operator = vm.parseJsonAddress(json, string.concat(path, ".message.operator"));
            return IConsensus(target).consensusKeyDigest(_uint(path, ".message.subnetId"), operator);
        }
        if (_same(kind, "ChannelStatement")) return IDisputes(target).statementDigest(_statement(path));
        bytes32 salt = _word(path, ".domain.salt");
        if (_same(kind, "Vote")) return rules.voteDigest(target, salt, _vote(path));
        return rules.checkpointDigest(target, salt, _checkpoint(path));
    }

    function _statement(string memory path) private view returns (IDisputes.ChannelStatement memory) {
        return IDisputes.ChannelStatement({
            subnetId: _uint(path, ".message.subnet"),
            payment: vm.parseJsonAddress(json, string.concat(path, ".message.payment")),
            channelId: _word(path, ".message.channelId"),
            maxClaimableAmount: uint128(_uint(path, ".message.maxClaimableAmount")),
            charged: uint128(_uint(path, ".message.charged")),
            issuedAt: uint64(_uint(path, ".message.issuedAt"))
        });
    }

    function _vote(string memory path) private view returns (IConsensus.Vote memory) {
        return IConsensus.Vote({
            kind: uint8(_uint(path, ".message.kind")),
            epoch: uint64(_uint(path, ".message.epoch")),
            view_: uint64(_uint(path, ".message.view")),
            blockHash: _word(path, ".message.blockHash")
        });
    }

    function _checkpoint(string memory path) private view returns (IConsensus.Checkpoint memory) {
        return IConsensus.Checkpoint({
            epoch: uint64(_uint(path, ".message.epoch")),
            height: uint64(_uint(path, ".message.height")),
            blockHash: _word(path, ".message.blockHash"),
            stateRoot: _word(path, ".message.stateRoot"),
            receiptsRoot: _word(path, ".message.receiptsRoot"),
            rewardsRoot: _word(path, ".message.rewardsRoot"),
            nextSetHash: _word(path, ".message.nextSetHash")
        });
    }

    function _uint(string memory path, string memory member) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(path, member));
    }

    function _word(string memory path, string memory member) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(path, member));
    }

    function _case(uint256 index) private pure returns (string memory) {
        return string.concat(".cases[", vm.toString(index), "]");
    }

    function _same(string memory left, string memory right) private pure returns (bool) {
        return keccak256(bytes(left)) == keccak256(bytes(right));
    }
}
