"""The offline analyst's Vietnamese, as the financial press writes it."""

from __future__ import annotations

from market import formats
from market.sessions import VIETNAM
from reports.facts import Gap
from reports.writing.writers.reading import Move, Reading

N = formats.NBSP
NUMBERS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười")
VERBS = {
    ("up", "extreme"): f"tăng{N}vọt",
    ("up", "strong"): f"tăng{N}mạnh",
    ("up", "plain"): "tăng",
    ("up", "slight"): f"tăng{N}nhẹ",
    ("down", "extreme"): f"lao{N}dốc",
    ("down", "strong"): f"giảm{N}mạnh",
    ("down", "plain"): "giảm",
    ("down", "slight"): f"giảm{N}nhẹ",
    ("flat", "none"): f"đi{N}ngang",
}
LEVELS = {
    "sma20": "đường trung bình 20 phiên",
    "sma50": "đường trung bình 50 phiên",
    "sma200": "đường trung bình 200 phiên",
    "high_20": "đỉnh 20 phiên",
    "low_20": "đáy 20 phiên",
    "high_52w": "đỉnh 52 tuần",
    "low_52w": "đáy 52 tuần",
    "round_above": "mốc tròn",
    "round_below": "mốc tròn",
}
AGREEMENT = {"single": "một nguồn", "confirmed": "hai nguồn khớp", "disputed": "hai nguồn lệch"}


class Vietnamese:
    headings = {
        "what-happened": "Diễn biến chính",
        "indices": "Các chỉ số",
        "trend": "Xu hướng và vùng điểm",
        "scenarios": "Kịch bản cho năm phiên tới",
        "calendar": "Lịch giao dịch",
        "numbers": "Số liệu",
    }
    columns = ("Chỉ số", "Điểm", "Thay đổi", "%", "Nguồn")
    scenario_names = ("Bứt phá", "Tích lũy", "Điều chỉnh")

    def title(self, r: Reading) -> str:
        name, close = r.lead.display_name, r.ref("close")
        mark = "Mô phỏng: " if r.sheet.simulated else ""
        day = f"phiên{N}{formats.short_day(r.day, 'vi')}" if r.phase == "past" else ""
        move = r.move()
        verb = _verb(move)
        if move.direction == "flat":
            where = {"intraday": "quanh", "lunch": "tạm dừng ở"}.get(r.phase, "đóng cửa ở")
            text = f"{name} {verb} {where} {close}{N}điểm"
        else:
            size = f"{r.ref('change', 'abs')}{N}điểm"
            toward = "lên" if move.direction == "up" else "xuống"
            end = {"intraday": toward, "lunch": "tạm dừng ở"}.get(r.phase, "đóng cửa ở")
            text = f"{name} {verb} {size}, {end} {close}"
        return f"{mark}{text}{' ' if day else ''}{f'({day})' if day else ''}"

    def standfirst(self, r: Reading) -> str:
        return f"{self._tally(r)} {self._open_question(r)}"

    def opening(self, r: Reading) -> str:
        name, close = r.lead.display_name, f"{r.ref('close')}{N}điểm"
        move = r.move()
        if move.direction == "flat":
            first = f"{self._when(r)} {name} đi ngang ({r.ref('change_percent', 'signed')})"
        else:
            first = (
                f"{self._when(r)} {name} {_verb(move)} {r.ref('change', 'abs')}{N}điểm "
                f"({r.ref('change_percent', 'signed')})"
            )
        end = {"intraday": "hiện ở", "lunch": "kết phiên sáng ở"}.get(r.phase, "đóng cửa ở")
        sentences = [f"{first}, {end} {close}, so với tham chiếu {r.ref('previous_close')}{N}điểm."]
        if r.has("high", "low"):
            low, high = r.ref("low"), r.ref("high")
            sentences.append(f"Chỉ số dao động trong vùng {low}–{high}{N}điểm.")
        sentences += self._against_history(r)
        return " ".join(sentences)

    def activity(self, r: Reading) -> str:
        if not r.has("volume"):
            return ""
        total = "tính đến lúc này đạt" if not r.is_over else "đạt"
        text = f"Khối lượng giao dịch {total} {r.ref('volume')}"
        if r.has("value"):
            text += f", giá trị {r.ref('value')}"
        sentences = [f"{text}."]
        ratio = r.value("volume_vs_avg20")
        if r.is_over and ratio is not None:
            side = "cao hơn" if ratio >= 0 else "thấp hơn"
            sentences.append(
                f"Thanh khoản {side} trung bình 20{N}phiên {r.ref('volume_vs_avg20', 'abs')}."
            )
        return " ".join(sentences)

    def breadth(self, r: Reading) -> str:
        ups, downs = r.value("advances"), r.value("declines")
        if ups is None or downs is None:
            return ""
        parts = [f"{r.ref('advances')}{N}mã tăng", f"{r.ref('declines')}{N}mã giảm"]
        if r.has("unchanged"):
            parts.append(f"{r.ref('unchanged')}{N}mã đứng giá")
        side = "nghiêng về bên mua" if ups > downs else "nghiêng về bên bán"
        if ups == downs:
            side = "cân bằng"
        sentences = [f"Độ rộng thị trường {side}: {_join(parts)}."]
        if r.has("ceilings", "floors"):
            sentences.append(
                f"Trong đó {r.ref('ceilings')}{N}mã tăng trần và {r.ref('floors')}{N}mã giảm sàn."
            )
        return " ".join(sentences)

    def turning_point(self, r: Reading) -> tuple[str, str]:
        question = "Điều gì sẽ đổi bức tranh này?"
        name = r.lead.display_name
        if r.has_levels:
            low, high = r.level_name("support"), r.level_name("resistance")
            return question, (
                f"Nếu {name} đóng cửa dưới {r.ref('support')}{N}điểm ({LEVELS[low]}) thì nhịp hiện "
                f"tại yếu đi. Nếu đóng cửa trên {r.ref('resistance')}{N}điểm ({LEVELS[high]}) thì "
                "dư địa phía trên có thể mở rộng."
            )
        side = "dưới" if r.move().direction == "up" else "trên"
        effect = "mức tăng vừa qua bị xóa" if side == "dưới" else "chỉ số lấy lại phần đã mất"
        if r.move().direction == "flat":
            effect = "thế giằng co có thể ngả về bên mua"
        return question, (
            f"Nếu phiên tới {name} đóng cửa {side} mốc tham chiếu "
            f"{r.ref('previous_close')}{N}điểm thì {effect}."
        )

    def leaders(self, r: Reading) -> str:
        ranked = r.ranked
        sentences: list[str] = []
        if len(ranked) > 1:
            first, last = ranked[0], ranked[-1]
            best = r.ref("change_percent", "signed", first.key)
            worst = r.ref("change_percent", "signed", last.key)
            lag = "tăng ít nhất" if (r.value("change", last.key) or 0) > 0 else "yếu nhất"
            lead = "giảm ít nhất" if (r.value("change", first.key) or 0) < 0 else "mạnh nhất"
            sentences.append(
                f"{first.display_name} {lead} ({best}), {last.display_name} {lag} ({worst})."
            )
        if r.missing:
            names = _join([state.display_name for state in r.missing])
            sentences.append(f"Chưa có số liệu của {names} khi lập báo cáo.")
        return " ".join(sentences)

    def averages(self, r: Reading) -> str:
        name = r.lead.display_name
        sentences: list[str] = []
        for side, word in (("above", "trên"), ("below", "dưới")):
            windows = [item for item in ("20", "50", "200") if _side(r, item) == side]
            if windows:
                parts = [f"{item}{N}phiên ({r.ref(f'sma{item}')}{N}điểm)" for item in windows]
                subject = name if not sentences else "Chỉ số"
                sentences.append(f"{subject} đứng {word} đường trung bình {_join(parts)}.")
        return " ".join(sentences)

    def momentum(self, r: Reading) -> str:
        sentences: list[str] = []
        strength = r.value("rsi14")
        if strength is not None:
            zone = "vùng quá mua" if strength >= 70 else "vùng trung tính"
            zone = "vùng quá bán" if strength <= 30 else zone
            sentences.append(f"Động lượng RSI{N}14{N}phiên ở {r.ref('rsi14')}, {zone}.")
        if r.has("volatility20"):
            sentences.append(f"Độ biến động 20{N}phiên, quy theo năm, là {r.ref('volatility20')}.")
        return " ".join(sentences)

    def extremes(self, r: Reading) -> str:
        if not r.has("high_52w", "low_52w"):
            return ""
        high, low = f"{r.ref('high_52w')}{N}điểm", f"{r.ref('low_52w')}{N}điểm"
        return (
            f"Chỉ số thấp hơn đỉnh 52{N}tuần ({high}) {r.ref('distance_high_52w', 'abs')} và cao "
            f"hơn đáy 52{N}tuần ({low}) {r.ref('distance_low_52w', 'abs')}."
        )

    def levels(self, r: Reading) -> tuple[str, ...]:
        items = []
        for side, word in (("resistance", "Kháng cự"), ("support", "Hỗ trợ")):
            if r.has(side):
                reason = LEVELS[r.level_name(side)]
                items.append(f"{word} gần nhất: {r.ref(side)}{N}điểm, là {reason}.")
        return tuple(items)

    def scenario_rules(self, r: Reading) -> tuple[str, str, str]:
        low, high = r.ref("support"), r.ref("resistance")
        return (
            f"Đóng cửa phiên thứ năm trên {high}{N}điểm.",
            f"Đóng cửa phiên thứ năm từ {low} đến {high}{N}điểm.",
            f"Đóng cửa phiên thứ năm dưới {low}{N}điểm.",
        )

    def scenario_method(self, r: Reading) -> str:
        return (
            "Xác suất là tần suất trong quá khứ: tỷ lệ các nhịp năm phiên của một năm qua kết thúc "
            "ở mỗi vùng, tính từ điểm số hiện tại. Quá khứ không bảo đảm cho các phiên tới."
        )

    def calendar(self, r: Reading) -> tuple[str, ...]:
        day = r.sheet.next_session
        when = f"{formats.weekday(day, 'vi')} {formats.short_day(day, 'vi')}"
        items = [f"Phiên kế tiếp: {when}, mở cửa lúc 9h00."]
        if r.sheet.holidays:
            days = _join([formats.short_day(item, "vi") for item in r.sheet.holidays])
            items.append(f"Trong hai tuần tới thị trường nghỉ các ngày {days}.")
        return tuple(items)

    def about_numbers(self, r: Reading) -> tuple[str, ...]:
        items = []
        if r.sheet.simulated:
            items.append("Đây là số liệu mô phỏng để xem thử trang, không phải số liệu thị trường.")
        if r.sheet.data_as_of:
            items.append(f"Số liệu tính đến {formats.moment(r.sheet.data_as_of, 'vi')}.")
        sources = dict.fromkeys(formats.source_name(item.source, "vi") for item in r.known)
        items.append(f"Nguồn: {', '.join(sources)}.")
        for state in r.stale:
            items.append(f"{state.display_name}: số liệu cũ, {self._stood(r, state.key)}.")
        items += [text for gap in r.sheet.gaps if (text := self._gap(r, gap))]
        items.append(
            "Mọi con số trong bài do chương trình điền từ bảng dưới đây; mức thay đổi và phần trăm "
            "được tính lại từ điểm số và tham chiếu."
        )
        return tuple(items)

    def history_caption(self, r: Reading) -> tuple[str, str]:
        count = len(r.sheet.series[r.lead.key].days)
        name = r.lead.display_name
        note = "Điểm đóng cửa; đường mảnh: trung bình 20 phiên"
        return f"{name}, {count}{N}phiên", note if r.is_over else f"{note}; điểm cuối: hiện tại"

    def moves_caption(self, r: Reading) -> tuple[str, str]:
        return "Mức thay đổi của các chỉ số", "% so với tham chiếu"

    def provenance(self, source: str, agreement: str) -> str:
        name = formats.source_name(source, "vi")
        return name if source == "demo" else f"{name}, {AGREEMENT.get(agreement, agreement)}"

    def _when(self, r: Reading) -> str:
        day = f"{formats.weekday(r.day, 'vi')} {formats.short_day(r.day, 'vi')}"
        if r.phase == "lunch":
            return f"Phiên sáng {day},"
        if r.phase == "intraday":
            time = formats.clock_time(r.sheet.now, "vi")
            return f"Lúc {time} {day},"
        return f"Phiên {day},"

    def _tally(self, r: Reading) -> str:
        up, down, flat = r.counts()
        total = up + down + flat
        if total == 1:
            return f"Chỉ có số liệu của {r.lead.display_name}."
        rest = " có số liệu" if r.missing else ""
        for count, verb in ((up, "tăng"), (down, "giảm")):
            if count == total:
                return f"Cả {_words(total)} chỉ số{rest} cùng {verb}{self._extreme(r, verb)}."
        parts = [(up, "tăng"), (down, "giảm"), (flat, "đứng yên")]
        parts.sort(key=lambda part: part[0], reverse=True)
        said = [f"{_words(count)} {verb}" for count, verb in parts if count]
        first_count, first_verb = parts[0]
        head = f"{_words(first_count).capitalize()} trong {_words(total)} chỉ số{rest}"
        tail = f", {', '.join(said[1:])}" if len(said) > 1 else ""
        return f"{head} {first_verb}{tail}."

    def _extreme(self, r: Reading, verb: str) -> str:
        state = r.ranked[0] if verb == "tăng" else r.ranked[-1]
        reference = r.ref("change_percent", "signed", state.key)
        return f", {verb} nhiều nhất là {state.display_name} ({reference})"

    def _open_question(self, r: Reading) -> str:
        if r.has_levels:
            return (
                f"Vùng cần theo dõi: hỗ trợ {r.ref('support')}{N}điểm và kháng cự "
                f"{r.ref('resistance')}{N}điểm."
            )
        if r.has_trend:
            return "Xu hướng cần thêm phiên để xác nhận."
        return "Chưa đủ dữ liệu lịch sử để nói về xu hướng."

    def _against_history(self, r: Reading) -> list[str]:
        distance, change = r.value("distance_sma20"), r.value("return20")
        if distance is None or change is None:
            return []
        side = "cao hơn" if distance >= 0 else "thấp hơn"
        verb = "tăng" if change >= 0 else "giảm"
        return [
            f"Mức này {side} trung bình 20{N}phiên {r.ref('distance_sma20', 'abs')}; so với "
            f"20{N}phiên trước, chỉ số {verb} {r.ref('return20', 'abs')}."
        ]

    def _stood(self, r: Reading, key: str) -> str:
        fact = r.fact("close", key)
        return f"lúc {formats.moment(fact.as_of.astimezone(VIETNAM), 'vi')}" if fact else ""

    def _gap(self, r: Reading, gap: Gap) -> str:
        state = next(item for item in r.sheet.indices if item.key == gap.index)
        name = state.display_name
        if gap.reason == "unknown":
            return f"{name}: chưa có số liệu, các nguồn không trả lời hoặc trả lời sai."
        if gap.index != r.lead.key:
            return ""
        if gap.reason == "no_history":
            return f"Không có phần xu hướng: chưa có dữ liệu ngày của {name}."
        if gap.reason == "history_too_old" and gap.day:
            day = formats.day(gap.day, "vi")
            return f"Không có phần xu hướng: dữ liệu ngày của {name} dừng ở {day}, quá năm phiên."
        return f"Chưa đủ phiên để tính đường trung bình {gap.detail}{N}phiên của {name}."


def _words(count: int) -> str:
    """A number below a hundred in words."""
    if count < len(NUMBERS):
        return NUMBERS[count]
    tens, ones = divmod(count, 10)
    head = "mười" if tens == 1 else f"{NUMBERS[tens]} mươi"
    last = {0: "", 1: "một" if tens == 1 else "mốt", 5: "lăm"}.get(ones, NUMBERS[ones])
    return f"{head} {last}".strip()


def _verb(move: Move) -> str:
    return VERBS[move.direction, move.size]


def _side(r: Reading, window: str) -> str:
    distance = r.value(f"distance_sma{window}")
    if distance is None:
        return ""
    return "above" if distance >= 0 else "below"


def _join(parts: list[str]) -> str:
    """`a`, `a và b`, `a, b và c`."""
    return " và ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
