/** Every word of the page, in both of its languages. Values in braces are filled in. */

export const WORDS = {
  zh: {
    title: "朗读室", pageTitle: "朗读室 · 校园之声", skip: "跳到正文", display: "显示", language: "语言", size: "字号", theme: "配色",
    themeAuto: "跟随系统", themeLight: "浅色", themeDark: "深色", themeContrast: "高对比度",
    lead: "贴入一段文字，选一个声音，逐句听。",
    text: "要朗读的文字", textHint: "可以贴入，也可以打开 .txt 或 .md 文件。文字不会存进这个浏览器。",
    open: "打开文件", voice: "声音", speed: "语速", read: "开始朗读",
    reader: "正在读", place: "第 {at} 句，共 {all} 句", controls: "朗读控制", progress: "下载进度",
    previous: "上一句", next: "下一句", repeat: "重复本句", play: "播放", pause: "暂停", download: "下载音频", stop: "停止下载",
    keys: "键盘操作", keysIntro: "用 Tab 键走到每个控件，用空格键或回车键按下。在页面任何地方还可以用：",
    keyPlay: "播放或暂停", keyRepeat: "重复本句", keyPrevious: "上一句", keyNext: "下一句", keysMedia: "键盘或耳机上的播放键也有效。",
    notice: "声音由计算机合成。文字只发往本校区的语音服务。", studio: "打开语音工作室（更多选项）",
    teacher: "老师的声音", preset: "预置声音", consent: "老师同意这个声音用于：{scope}（至 {until}）。请只用于此。",
    opened: "已打开 {name}。", finished: "读完了。", gathering: "正在准备音频文件，共 {all} 句。", saved: "音频文件已下载。", file: "朗读",
    empty: "还没有文字。请先贴入或打开一段文字。", noVoice: "现在没有可用的声音。请稍后重新打开本页。",
    busy: "语音服务正忙，{seconds} 秒后自动再试。", waiting: "{seconds} 秒后再试……",
    long: "文字太长，请分成几段来读。",
    network: "连不上语音服务。请检查网络，再按播放。", failed: "这一句没能读出来。请再按播放，或跳到下一句。",
    unreadable: "打不开这个文件。请选一个文本文件（.txt 或 .md）。", blocked: "浏览器拦住了声音。请再按一次播放。",
  },
  en: {
    title: "Reading room", pageTitle: "Reading room · Campus Voice", skip: "Skip to content", display: "Display", language: "Language",
    size: "Text size", theme: "Colours",
    themeAuto: "As my system", themeLight: "Light", themeDark: "Dark", themeContrast: "High contrast",
    lead: "Paste a text, choose a voice, and listen sentence by sentence.",
    text: "Text to read", textHint: "Paste it, or open a .txt or .md file. The text is not kept in this browser.",
    open: "Open a file", voice: "Voice", speed: "Speed", read: "Read aloud",
    reader: "Now reading", place: "Sentence {at} of {all}", controls: "Reading controls", progress: "Download progress",
    previous: "Previous", next: "Next", repeat: "Repeat", play: "Play", pause: "Pause", download: "Download audio", stop: "Stop download",
    keys: "Keyboard", keysIntro: "Tab goes to every control; Space or Enter presses it. From anywhere on the page:",
    keyPlay: "Play or pause", keyRepeat: "Repeat the sentence", keyPrevious: "Previous sentence", keyNext: "Next sentence",
    keysMedia: "The play keys of your keyboard or headset work too.",
    notice: "The voices are made by a computer. Your text goes only to your campus's voice service.",
    studio: "Open the voice studio (more options)",
    teacher: "Teachers' voices", preset: "Preset voices",
    consent: "The teacher allows this voice for: {scope} (until {until}). Use it for nothing else.",
    opened: "{name} is open.", finished: "The end.", gathering: "Preparing the audio file: {all} sentences.", saved: "The audio file is downloaded.",
    file: "reading",
    empty: "There is no text yet: paste or open one first.", noVoice: "No voice is available now: open this page again later.",
    busy: "The voice service is busy. It is asked again in {seconds} seconds.", waiting: "Asking again in {seconds} s …",
    long: "The text is too long: read it in parts.",
    network: "The voice service cannot be reached. Check your network, then press Play.",
    failed: "This sentence could not be read. Press Play to try again, or go to the next one.",
    unreadable: "This file cannot be opened. Choose a text file (.txt or .md).",
    blocked: "The browser held the sound back. Press Play once more.",
  },
};

/** The preset voices' own names, for those who read no Chinese. */
export const VOICES_IN_ENGLISH = {
  "中文女": "Chinese, woman", "中文男": "Chinese, man", "英文女": "English, woman", "英文男": "English, man",
  "日语男": "Japanese, man", "粤语女": "Cantonese, woman", "韩语女": "Korean, woman",
};

/** Fill the values into a sentence. */
export function filled(sentence, values = {}) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
